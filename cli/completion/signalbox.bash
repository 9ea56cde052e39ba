# Asks signalbox itself what can stand at the cursor; where it says nothing, files are offered.
_signalbox() {
  local word words=()
  for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
    # Words come as they were typed, and parted at =.
    if [[ $word == = ]]; then word='' && continue; fi
    word=${word//\\/}
    words+=("${word#[\"\']}")
  done
  [[ -n $word ]] || words+=('')
  COMPREPLY=()
  while IFS= read -r word; do
    COMPREPLY+=("$(printf %q "$word")")
  done < <("$1" complete -- "${words[@]}" 2>/dev/null)
}
complete -o default -F _signalbox signalbox
