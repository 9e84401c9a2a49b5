// For people as it goes, and mocha's own count in a file for whoever reads the end.
const { reporters } = require('mocha');

module.exports = class Both extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const output = process.env.BALLAST_TEST_REPORT;
    if (output) new reporters.JSON(runner, { reporterOption: { output } });
  }
};
