#!/usr/bin/env node
require('../dist/bin/redorca.js')
