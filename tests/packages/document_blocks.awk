# Writes the code blocks of a Markdown page to files below the folder `out`: a block begun by
# "```<language> <path>" to <path>, all blocks of shell commands to commands.sh. A block of another
# language without a path could not be compared with anything and is an error.
#   awk -v out=<folder> -f document_blocks.awk page.md
/^```/ && !inside {
  inside = 1
  language = substr($1, 4)
  target = language == "sh" ? "commands.sh" : $2
  if (target == "") {
    printf "%s:%d: expected a path after ```%s, found none\n", FILENAME, FNR, language > "/dev/stderr"
    failed = 1
    exit
  }
  target = out "/" target
  folder = target
  sub(/\/[^\/]*$/, "", folder)
  system("mkdir -p '" folder "'")
  next
}
/^```$/ {
  inside = 0
  close(target)
  next
}
inside { print >> target }
END { exit failed || inside }
