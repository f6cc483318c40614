#!/usr/bin/env node
// Only ES5 here: the versions of Node that this file refuses must be able to read it.
var needed = require('../package.json').engines.node.replace('>=', '')
var least = needed.split('.')
var here = process.versions.node.split('.')
var ahead = here[0] - least[0] || here[1] - least[1]
if (ahead >= 0) {
  require('../dist/bin/csulora.js')
} else {
  var found = 'needs Node >= ' + needed + ', this is ' + process.versions.node
  console.error('csulora: ' + found + ': install a newer one from https://nodejs.org')
  process.exitCode = 2
}
