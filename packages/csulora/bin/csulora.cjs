#!/usr/bin/env node
require('../dist/bin/csulora.js')
