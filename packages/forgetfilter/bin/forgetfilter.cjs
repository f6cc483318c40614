#!/usr/bin/env node
require('../dist/bin/forgetfilter.js')
