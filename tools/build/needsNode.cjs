// Stops `npm start` and `npm test` on a Node that is too old. Only ES5 here: such a Node must be able to read it.
var needed = require('../../package.json').engines.node.replace('>=', '')
var least = needed.split('.')
var here = process.versions.node.split('.')
if ((here[0] - least[0] || here[1] - least[1]) < 0) {
  console.error('needs Node >= ' + needed + ', this is ' + process.versions.node)
  console.error('install a newer one from https://nodejs.org, then run npm ci again')
  process.exitCode = 2
}
