// Finds the members that no user of the package sees, and gives each a short name for the build.
//
// A name becomes short if all members of that name are members of our classes: private ones, or others whose name is in no exported type
// and in no type of another package. One other use keeps the name: a member of an interface, an object literal, a string of the same
// text, access to something of another package. See docs/decisions/0067-short-names-in-the-build.md.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Functions that read the names of an object's members when they are called with the object. */
const readsNames = /^(Object|JSON|Reflect)\.|^structuredClone$|\.postMessage$/;

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/**
 * Original name → short name, the most frequent one first. `types` is the folder of the built declarations: the members named there are
 * what users see.
 */
export function shortNames(types = join(root, 'dist')) {
  const program = createProgram();
  const foreign = membersOf(program.getSourceFiles().filter((file) => !isOurs(file)));
  const visible = membersOf(declarationsIn(types), isPrivate);
  if (!visible.has('acquire')) throw new Error(`${types} has no declarations of the package: build them first`);
  const { uses, hidden, kept } = readSources(program, foreign);
  const names = [...hidden]
    // RxJS calls members with an underscore, some of which its declarations leave out.
    .filter((name) => !kept.has(name) && !visible.has(name) && !name.startsWith('_'))
    .sort((a, b) => uses.get(b) - uses.get(a) || (a < b ? -1 : 1));
  return assign(names, new Set([...foreign, ...visible, ...uses.keys()]));
}

function createProgram() {
  const onUnRecoverableConfigFileDiagnostic = ({ messageText }) => {
    throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'));
  };
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic };
  const config = ts.getParsedCommandLineOfConfigFile(resolve(root, 'tsconfig.build.json'), {}, host);
  return ts.createProgram(config.fileNames, config.options);
}

const isOurs = (file) => !file.isDeclarationFile && !file.fileName.includes('/node_modules/');
const isPrivate = (node) => (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) !== 0;
const isInternal = (node) => isPrivate(node) || (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Protected) !== 0;
const isMember = (node) =>
  ts.isClassElement(node) ||
  ts.isTypeElement(node) ||
  (ts.isParameter(node) && ts.isParameterPropertyDeclaration(node, node.parent));
const isOfClass = (node) => ts.isClassLike(node.parent) || ts.isParameter(node);
const textOf = (name) => (name !== undefined && ts.isIdentifier(name) ? name.text : undefined);

function walk(node, visit) {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

function declarationsIn(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.d.mts'))
    .map((name) => ts.createSourceFile(name, readFileSync(join(folder, name), 'utf8'), ts.ScriptTarget.Latest, true));
}

function membersOf(files, except = () => false) {
  const names = new Set();
  for (const file of files) {
    walk(file, (node) => {
      if (isMember(node) && textOf(node.name) !== undefined && !except(node)) names.add(node.name.text);
    });
  }
  return names;
}

/** How often each name is used, the names of internal members, and those that must be kept. */
function readSources(program, foreign) {
  const checker = program.getTypeChecker();
  const uses = new Map();
  const hidden = new Set();
  const kept = new Set();

  const declaredBy = (symbol, test) =>
    symbol?.declarations?.every((node) => isOurs(node.getSourceFile()) && test(node));
  // The type that a literal is checked against can be its own, made by inference: then its member is declared by the literal.
  const isOfOurClass = (symbol) => declaredBy(symbol, (node) => isMember(node) && isOfClass(node)) ?? false;
  const partsOf = (type) => (type.isUnionOrIntersection() ? type.types : [type]);
  const use = (name, symbol) => {
    uses.set(name, (uses.get(name) ?? 0) + 1);
    if (!isOfOurClass(symbol)) kept.add(name);
  };
  /** An object of this type is made elsewhere, or its members are read by name. */
  const keepMembers = (type) => {
    for (const property of partsOf(type).flatMap((part) => checker.getPropertiesOfType(part))) {
      if (!property.declarations?.every(isOfClass)) kept.add(property.name);
    }
  };
  const keepAllMembers = (type) => {
    for (const property of partsOf(type).flatMap((part) => checker.getPropertiesOfType(part))) kept.add(property.name);
  };
  const declare = (name, node) => {
    uses.set(name, (uses.get(name) ?? 0) + 1);
    // Classes without private members are compared by the names of their members, also with types of other packages.
    const isCompared = !isInternal(node) && foreign.has(name);
    if (isOfClass(node) && !isCompared) hidden.add(name);
    else kept.add(name);
  };

  const visit = (node) => {
    if (ts.isStringLiteralLike(node)) kept.add(node.text);
    if (isMember(node) && textOf(node.name) !== undefined) declare(node.name.text, node);
    // In CommonJS what a module imports is a member of the other one: `config` of RxJS is `rxjs.config`.
    if (ts.isImportSpecifier(node)) kept.add((node.propertyName ?? node.name).text);
    if (ts.isPropertyAccessExpression(node)) {
      if (ts.isIdentifier(node.name)) use(node.name.text, checker.getSymbolAtLocation(node.name));
    } else if (ts.isObjectLiteralExpression(node)) {
      const context = checker.getContextualType(node);
      for (const name of node.properties.map((property) => textOf(property.name))) {
        if (name === undefined) continue;
        const wanted = context === undefined ? [] : partsOf(context).map((part) => part.getProperty(name));
        const found = wanted.filter((symbol) => symbol !== undefined);
        if (found.length === 0) use(name, undefined);
        for (const symbol of found) use(name, symbol);
      }
    } else if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
      const name = node.dotDotDotToken === undefined ? textOf(node.propertyName ?? node.name) : undefined;
      const type = checker.getApparentType(checker.getTypeAtLocation(node.parent));
      if (name !== undefined) use(name, checker.getPropertyOfType(type, name));
    } else if (ts.isHeritageClause(node)) {
      for (const base of node.types) {
        for (const property of checker.getPropertiesOfType(checker.getTypeAtLocation(base))) {
          if (!isOfOurClass(property)) kept.add(property.name);
        }
      }
    } else if (ts.isAsExpression(node) && !ts.isConstTypeReference(node.type)) {
      const from = checker.getTypeAtLocation(node.expression);
      const isUnknown = (from.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) !== 0;
      const isForeign = from.getSymbol() !== undefined && declaredBy(from.getSymbol(), () => true) !== true;
      if (isUnknown || isForeign) keepMembers(checker.getTypeAtLocation(node.type));
    } else if (ts.isTypePredicateNode(node)) {
      if (node.type !== undefined) keepMembers(checker.getTypeAtLocation(node.type));
    } else if (ts.isCallExpression(node) && readsNames.test(node.expression.getText())) {
      for (const argument of node.arguments) keepAllMembers(checker.getTypeAtLocation(argument));
    } else if (ts.isForInStatement(node)) {
      keepAllMembers(checker.getTypeAtLocation(node.expression));
    } else if (ts.isTypeOperatorNode(node) && node.operator === ts.SyntaxKind.KeyOfKeyword) {
      keepAllMembers(checker.getTypeAtLocation(node.type));
    }
  };
  for (const file of program.getSourceFiles().filter(isOurs)) {
    walk(file, visit);
    // In CommonJS an export is a member, too.
    const module = checker.getSymbolAtLocation(file);
    for (const { name } of module === undefined ? [] : checker.getExportsOfModule(module)) kept.add(name);
  }
  return { uses, hidden, kept };
}

function assign(names, taken) {
  const free = (function* () {
    for (let i = 0; ; i++) {
      let short = '';
      for (let rest = i; rest >= 0; rest = Math.floor(rest / letters.length) - 1)
        short += letters[rest % letters.length];
      if (!taken.has(short)) yield short;
    }
  })();
  return Object.fromEntries(names.map((name) => [name, free.next().value]));
}
