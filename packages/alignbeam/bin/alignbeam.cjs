#!/usr/bin/env node
require('../dist/bin/alignbeam.js')
