import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fateFiles } from './mortal.js';

/**
 * NGINX's binary, which kills the scheduler that called it: at the call that is its doom, before it is made or after it had
 * its effect. What the gateway does to files lies between two of these calls. Answers the wrapper's path.
 */
export const mortalNginx = async (binary: string, fate: string): Promise<string> => {
  await mkdir(fate, { recursive: true });
  const path = join(fate, 'nginx');
  const { begun, phase, calls, doom } = fateFiles;
  const text = `#!/bin/sh
set -eu
case " $* " in *" -T "*) name='nginx -T' ;; *" -s reload "*) name='nginx -s reload' ;; *) exec '${binary}' "$@" ;; esac
[ -e '${fate}/${begun}' ] || exec '${binary}' "$@"
kind="$(cat '${fate}/${phase}' 2>/dev/null || echo none): $name"
nth=$(grep -cF "$kind #" '${fate}/${calls}' 2>/dev/null || true)
call="$kind #$((\${nth:-0} + 1))"
echo "$call" >> '${fate}/${calls}'
die() { if [ "$(cat '${fate}/${doom}' 2>/dev/null)" = "$1 $call" ]; then kill -9 "$PPID"; exit 137; fi; }
die before
status=0
'${binary}' "$@" || status=$?
die after
exit "$status"
`;
  await writeFile(path, text, { mode: 0o755 });
  return path;
};
