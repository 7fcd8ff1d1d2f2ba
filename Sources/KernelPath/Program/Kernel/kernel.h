// What the kernel offers a program of it, and the maps that the program shares with the daemon.
// Declarations only: the loader puts a map's descriptor, or a helper's number, where one is used.
#pragma once

// Up to what the program reads, `struct __sk_buff` of <linux/bpf.h>.
struct PacketContext {
  unsigned int length, packetType, mark, queueMapping, protocol;
  unsigned int vlanPresent, vlanTCI, vlanProtocol, priority, ingressInterface, interface;
  unsigned int trafficControlIndex, controlBuffer[5], hash, trafficControlClass;
  unsigned int start, end;
};

// The same before the kernel has made a packet of what came in: `struct xdp_md`.
struct EarlyContext {
  unsigned int start, end, metadata, interface, queue, outgoingInterface;
};

// Maps; Maps.swift says what is in them.
extern char links[1];
extern char places[1];
extern char stations[1];
extern char rules[1];
extern char targets[1];
extern char answers[1];
extern char state[1];
extern char own[1];
extern char handed[1];
extern char losses[1];
extern char tunnels[1];
extern char trials[1];

// `struct bpf_fib_lookup` of <linux/bpf.h>.
struct RouteQuestion {
  unsigned char family, layer4Protocol;
  unsigned short sourcePort, destinationPort, totalLength;
  unsigned int interface, flow;
  unsigned short source[8], destination[8];
  unsigned short vlanProtocol, vlanTCI;
  unsigned char sourceStation[6], destinationStation[6];
};

// Helpers, by the names of bpf-helpers(7).
void *bpf_map_lookup_elem(void *map, const void *key);
unsigned long long bpf_ktime_get_boot_ns(void);
long long bpf_skb_load_bytes(
    const void *context, unsigned int offset, void *to, unsigned int length);
unsigned long long bpf_xdp_get_buff_len(void *context);
long long bpf_skb_pull_data(void *context, unsigned int length);
void *bpf_ringbuf_reserve(void *ring, unsigned long long size, unsigned long long flags);
void bpf_ringbuf_submit(void *record, unsigned long long flags);
void bpf_ringbuf_discard(void *record, unsigned long long flags);
long long bpf_fib_lookup(
    void *context, struct RouteQuestion *question, int length, unsigned int flags);
long long bpf_redirect(unsigned int interface, unsigned long long flags);
