import Conformance

for row in Row.all { print(row.id, row.requirement, await row.attemptOnOctets()) }
