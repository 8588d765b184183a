// The pages of the site, in the order of its side bar. What docs has besides these is put under the last heading.
export const groups = [
  {
    text: 'Use',
    pages: [
      'guide',
      'operators',
      'pool',
      'options',
      'errors',
      'observability',
      'pull',
      'testing',
      'migrating',
      'examples',
    ],
  },
  { text: 'Recipes', folder: 'recipes' },
  { text: 'Nodes and clusters', pages: ['msgpack-rpc', 'erlang', 'clusters'] },
  { text: 'Size and watch', pages: ['stress', 'simulation', 'dashboard', 'metrics', 'command'] },
  { text: 'Behaviour', pages: ['semantics', 'reliability', 'performance', 'architecture'] },
  { text: 'Project', pages: ['contributing', 'changelog', 'security', 'code-of-conduct', 'decisions/index'] },
];

/** Pages that are files outside of docs, by their names on the site. */
export const fromElsewhere = {
  'examples/README.md': 'examples.md',
  'CONTRIBUTING.md': 'contributing.md',
  'CHANGELOG.md': 'changelog.md',
  'SECURITY.md': 'security.md',
  'CODE_OF_CONDUCT.md': 'code-of-conduct.md',
};
