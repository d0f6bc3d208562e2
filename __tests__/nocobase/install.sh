#!/usr/bin/env bash
#
# install.sh DIR [NPM-PACKAGE...]
#
# Puts a complete NocoBase (the preset with all its plugins, and the prebuilt web front end) into DIR, from npm
# alone: no docker, no yarn workspace, no network access but the configured npm registry. About two minutes, 900 MB.
# Further npm packages (plugins, say) may be named after the folder.
#
#   DIR/node_modules   the server and its plugins          -> NB_NODE_MODULES
#   DIR/app            the web front end (@nocobase/app)   -> NB_FRONT_END
#
# Environment: NB_VERSION  the NocoBase version to install (default 2.2.15)
#
# A second run with the same version does nothing; remove DIR/.installed to force it.
set -euo pipefail

dir=${1:?"usage: install.sh DIR [NPM-PACKAGE...]"}
shift
version=${NB_VERSION:-2.2.15}

mkdir -p "$dir"
cd "$dir"
dir=$PWD

stamp="$version, with MariaDB $*"
if [ "$(cat .installed 2>/dev/null || true)" = "$stamp" ]; then
  echo "NocoBase $version is already in $dir"
  exit 0
fi

# unpack PACKAGE FOLDER: fetch one npm package without resolving its dependencies, and unpack it into FOLDER.
unpack() {
  local tarball
  mkdir -p .tarballs
  tarball=$(npm pack --silent --pack-destination .tarballs "$1" | tail -n 1)
  rm -rf "$2"
  mkdir -p "$2"
  tar -xzf ".tarballs/$tarball" -C "$2" --strip-components=1
}

# These cannot be installed the ordinary way: npm fails to resolve their dependency trees. They do not need it either,
# everything they load is bundled or arrives together with @nocobase/server.
by_hand=(preset-nocobase plugin-ai plugin-ai-gigachat)
for name in "${by_hand[@]}"; do
  unpack "@nocobase/$name@$version" ".unpacked/$name"
done
unpack "@nocobase/app@$version" app

# The rest is an ordinary package.json. The preset's own list of dependencies says which plugins belong to a release.
VERSION=$version BY_HAND="${by_hand[*]}" node - "$@" <<'JS'
const fs = require('node:fs');
const preset = JSON.parse(fs.readFileSync('.unpacked/preset-nocobase/package.json', 'utf8'));
const { VERSION, BY_HAND } = process.env;
const byHand = new Set(BY_HAND.split(' ').map((name) => `@nocobase/${name}`));
const dependencies = {
  '@nocobase/server': VERSION,
  '@nocobase/database': VERSION,
  '@nocobase/utils': VERSION,
  '@nocobase/license-kit': '*', // @nocobase/plugin-license loads it without declaring it
  execa: '5.1.1', // and @nocobase/server this one
  pg: '^8.11.0',
  mysql2: '^3.14.0',
  mariadb: '2.5.6',
};
for (const name of Object.keys(preset.dependencies)) {
  if (name.startsWith('@nocobase/plugin-') && !byHand.has(name)) dependencies[name] = VERSION;
}
for (const spec of process.argv.slice(2)) {
  const at = spec.indexOf('@', 1);
  dependencies[at < 0 ? spec : spec.slice(0, at)] = at < 0 ? '*' : spec.slice(at + 1);
}
const overrides = { xlsx: '0.18.5' }; // NocoBase takes xlsx from a web address outside of npm
const manifest = { name: 'nocobase-for-tests', version: '0.0.0', private: true, overrides, dependencies };
fs.writeFileSync('package.json', JSON.stringify(manifest, null, 2));
JS

npm install --legacy-peer-deps --ignore-scripts --no-audit --no-fund --loglevel=error

# After npm, because npm removes from node_modules whatever it did not put there.
for name in "${by_hand[@]}"; do
  rm -rf "node_modules/@nocobase/$name"
  cp -R ".unpacked/$name" "node_modules/@nocobase/$name"
done
rm -rf .tarballs .unpacked

echo "$stamp" > .installed
echo "NocoBase $version is in $dir; now: export NB_NODE_MODULES=$dir/node_modules NB_FRONT_END=$dir/app"
