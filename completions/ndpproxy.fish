# fish completion for ndpproxy(8)
complete -c ndpproxy -f
complete -c ndpproxy -s c -l config -r -F -d 'read FILE'
complete -c ndpproxy -s d -l daemon -d 'go to the background once ready'
complete -c ndpproxy -s p -l pidfile -r -F -d 'write the process number to FILE'
complete -c ndpproxy -s S -l socket -r -F -d 'let ndpctl connect at PATH'
complete -c ndpproxy -s u -l user -x -a '(__fish_complete_users)' -d 'become USER'
complete -c ndpproxy -s v -l verbose -d 'log more'
complete -c ndpproxy -s t -l test-config -d 'check the configuration and exit'
complete -c ndpproxy -s s -l strict -d 'take warnings for errors'
complete -c ndpproxy -s o -l offline -d 'do not look at the interfaces'
complete -c ndpproxy -s V -l version -d 'print the version and exit'
complete -c ndpproxy -s h -l help -d 'print the flags and exit'
