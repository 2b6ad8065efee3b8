// In place of a package that has to be compiled: it would end the extension host after its parent, which the test does.
exports.start = () => {};
