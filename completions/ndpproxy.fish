# fish completion for ndpproxy(8)
complete -c ndpproxy -f
complete -c ndpproxy -s c -l config -r -F -d 'read FILE'
complete -c ndpproxy -s d -l daemon -d 'run in the background'
complete -c ndpproxy -s p -l pidfile -r -F -d 'write the process ID to FILE'
complete -c ndpproxy -s S -l socket -r -F -d 'create the control socket at PATH'
complete -c ndpproxy -s u -l user -x -a '(__fish_complete_users)' -d 'run as USER'
complete -c ndpproxy -s v -l verbose -d 'log more'
complete -c ndpproxy -s t -l test-config -d 'check the configuration and exit'
complete -c ndpproxy -s s -l strict -d 'treat warnings as errors'
complete -c ndpproxy -s o -l offline -d 'do not check the interfaces of this host'
complete -c ndpproxy -s V -l version -d 'print version and license, and exit'
complete -c ndpproxy -s h -l help -d 'print help and exit'
