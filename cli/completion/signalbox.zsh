#compdef signalbox
# Asks signalbox itself what can stand at the cursor; where it says nothing, files are offered.
_signalbox() {
  local -a found
  found=("${(@f)$($words[1] complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n $found ]]; then compadd -a found; else _files; fi
}
compdef _signalbox signalbox
