#compdef ndpproxy
# zsh completion for ndpproxy(8)
_arguments -s \
  '(-c --config)'{-c,--config}'[read FILE]:configuration file:_files' \
  '(-d --daemon)'{-d,--daemon}'[go to the background once ready]' \
  '(-p --pidfile)'{-p,--pidfile}'[write the process number to FILE]:pid file:_files' \
  '(-S --socket)'{-S,--socket}'[let ndpctl connect at PATH]:socket:_files' \
  '(-u --user)'{-u,--user}'[become USER]:user:_users' \
  '*'{-v,--verbose}'[log more]' \
  '(-t --test-config)'{-t,--test-config}'[check the configuration and exit]' \
  '(-s --strict)'{-s,--strict}'[take warnings for errors]' \
  '(-o --offline)'{-o,--offline}'[do not look at the interfaces]' \
  '(- *)'{-V,--version}'[print the version and exit]' \
  '(- *)'{-h,--help}'[print the flags and exit]'
