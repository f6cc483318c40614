#!/usr/bin/env node
require('../dist/bin/dualselect.js')
