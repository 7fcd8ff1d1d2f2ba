// Names of the kernel and of libc, for modules that do without Glibc's Swift module. No function bodies here.
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <getopt.h>
#include <linux/capability.h>
#include <linux/fib_rules.h>
#include <linux/filter.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/magic.h>
#include <linux/neighbour.h>
#include <linux/netconf.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <linux/xfrm.h>
#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <grp.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/fsuid.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Swift refuses fork(), variadic functions and macros that are no numbers, and takes flock for the
// struct of that name; these are the same symbols under names it takes.
int linux_fork(void) __asm__("fork");
int *linux_errno(void) __asm__("__errno_location");
int linux_open(const char *path, int flags, unsigned int mode) __asm__("open");
int linux_openat(int directory, const char *path, int flags, unsigned int mode) __asm__("openat");
void *linux_signal(int signal, long disposition) __asm__("signal");
int linux_flock(int descriptor, int operation) __asm__("flock");
int linux_fcntl(int descriptor, int command, int argument) __asm__("fcntl");
int linux_ioctl(int descriptor, unsigned long request, void *argument) __asm__("ioctl");
// As a constant, for it is looked at while nobody changes it.
extern char **const linux_environ __asm__("environ");
int linux_prctl(int option, unsigned long second, unsigned long third, unsigned long fourth,
                unsigned long fifth) __asm__("prctl");
int linux_capset(unsigned int *header, unsigned int *sets) __asm__("capset");
int linux_capget(unsigned int *header, unsigned int *sets) __asm__("capget");
long linux_bpf(long number, long command, void *attributes, long size) __asm__("syscall");

// <net/if.h> cannot be included beside <linux/if.h>.
unsigned int if_nametoindex(const char *name);
char *if_indextoname(unsigned int index, char *name);
