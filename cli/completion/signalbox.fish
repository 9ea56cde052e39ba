# Asks signalbox itself what can stand at the cursor; where it says nothing, files are offered.
function __signalbox_complete
  set -l words (commandline -opc)
  set -l found (signalbox complete -- $words[2..] (commandline -ct) 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c signalbox -k -f -a '(__signalbox_complete)'
