#!/usr/bin/env node
require('../dist/bin/tensor-core.js')
