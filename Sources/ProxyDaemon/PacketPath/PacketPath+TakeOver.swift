import ProxyEngine
import TakeOver

// What take-overs need of the engine.

extension PacketPath: ConditionJudge {
  var conditionChangeCount: UInt64 { engine.conditionChangeCount }

  func conditionSummaries(limit: Int) -> [ConditionSummary] {
    engine.conditionSummaries(limit: limit)
  }
}

extension PacketPath: TargetMemory {
  var rememberedChangeCount: UInt64 { engine.rememberedChangeCount }
  var rememberedTargets: [RememberedTarget] { engine.rememberedTargets }
}
