// Keeps words that a reader would first have to learn out of the sources, the docs and the titles of the specs: person pronouns for
// program objects, private metaphors, and names that have been replaced. In bench, examples, scripts and specs the comments are checked.
//
//   node scripts/check-words.mjs              fails on every hit outside of `notDoneYet`
//   node scripts/check-words.mjs src/ix docs  every hit in these files and folders, done or not
//
// Comments, strings and Markdown are read as prose; names in code are read as a whole and by their camelCase parts. Not checked, as a program
// cannot tell them apart: "whose" of a thing, and the ordinary words among the names that were replaced (rest, best, ask, open, told).
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** Files and folders in which words are still to be replaced. Remove what is reported as done. */
const notDoneYet = [];

/** In prose: what is banned, as whole words in any case, and what to say. */
const prose = [
  [
    /some(?:body|one)(?: else)?|any(?:body|one)(?: else)?|every(?:body|one)(?: else)?|nobody(?: else)?|no one/,
    'the noun: a caller, waiter, subscriber, holder, no caller, every waiter',
  ],
  [/who|whoever|whom/, 'the noun: the caller, waiter, holder, subscriber (that ...)'],
  [/he|him|his|himself|she|her|herself|theirs/, 'the noun, it, its'],
  [/house/, 'project, code base'],
  [/rooms?/, 'space, capacity, available slots'],
  [/floors?/, 'layer, lower bound, minimum'],
  [/breaths?|breathe/, 'turn, call, turn of the event loop'],
  [/doors?/, 'entry point'],
  [/patience|patient|patiently/, 'deadline, time limit, grace; the option `patience` in code font'],
  [/impatien(?:ce|t|tly)/, 'deadline'],
  [/vigils?/, 'keep-alive'],
  [/dice/, 'random sources'],
  [/die|dies|died|dying/, 'random source; end, is lost'],
  [/lulls?/, 'quiescent'],
  [/goodbyes?/, 'close'],
  [/(?:hang|hangs|hung|hanging) up/, 'close'],
  [/condemn(?:s|ed|ing)?/, 'mark for close'],
  [/retire(?:s|d)?|retiring/, 'close, mark for close'],
  [/set(?:s|ting)? aside/, 'mark for close, exclude'],
  [/(?:give|gives|given|gave|giving) up/, 'abandon, stop, time out'],
  [/(?:give|gives|given|gave|giving) (?:(?:it|them|one|itself|themselves) )?back/, 'release, return'],
  [/in earnest/, 'the thing that is really done'],
  [/(?:turn|turns|turned|turning) away/, 'reject'],
  [/heirs?/, 'new holder'],
  [/deeds?/, 'action, activity'],
  [/mend(?:s|ed|ing)?/, 'fix'],
  [/in line/, 'in the queue'],
  [/strangers?/, 'another caller, an unknown client'],
  [/fulfil(?:s|led|ling)?/, 'succeeded: of work and outcomes; fulfilled is said of a promise alone'],
  [/swept/, 'closed for idling, removed'],
  [/as many as there may be|so many/, 'the number, the maximum, the concurrency'],
];

/** Of these words a name in code has no part either. */
const inNames = new Map(
  Object.entries({
    somebody: 'caller',
    someone: 'caller',
    nobody: 'no caller',
    anybody: 'caller',
    anyone: 'caller',
    everybody: 'all',
    everyone: 'all',
    who: 'caller, holder',
    whom: 'caller, holder',
    whoever: 'caller, holder',
    room: 'space, capacity, available slots',
    floor: 'layer, minimum',
    floors: 'layers',
    breath: 'turn',
    door: 'entry',
    patient: 'deferred',
    impatience: 'grace',
    vigil: 'keepAlive',
    dice: 'randomSources',
    die: 'randomSource',
    condemn: 'markForClose',
    condemned: 'markedForClose',
    retire: 'markForClose',
    retired: 'markedForClose',
    lull: 'quiescent',
    heir: 'newHolder',
    hangup: 'close',
    deeds: 'activity',
    awake: 'keepAlive',
    swept: 'idleClosed',
    fulfilled: 'succeeded',
  }),
);

/** Names that were replaced: old, new, and where, if the old name is an ordinary one elsewhere. */
const renamed = [
  ['atRest', 'isQuiescent'],
  ['rush', 'saturated'],
  ['nothingElseIsDue', 'isSaturated'],
  ['Line', 'WaitQueue', 'src/pool'],
  ['Lane', 'TimeoutQueue'],
  ['Room', 'AvailableSlots'],
  ['Opening', 'ConnectPolicy', 'src/pool'],
  ['Ending', 'Shutdown', 'src/pool'],
  ['cancelVigil', 'keepAlive'],
  ['outOfPatience', 'graceOver'],
  ['Wake', 'ConnectTimer'],
  ['Situations', 'Diagnostics'],
  ['Overload', 'LoadShedder', 'src/pool'],
  ['sheds', 'shouldShed'],
  ['wearOut', 'exhaustUses'],
  ['giveUp', 'abandonConnect'],
  ['nextToGo', 'nextSurplus'],
  ['proven', 'everLent'],
  ['provenByUse', 'everReturned'],
  ['shortLives', 'earlyLosses'],
  ['unusedLives', 'idleLosses'],
  ['Life', 'ConnectionLifecycle'],
  ['hangUp', 'close'],
  ['Asking', 'ResolvedAcquireOptions'],
  ['standing', 'isStream', 'src/pool'],
  ['granting', 'slotBeingGranted', 'src/pool'],
  ['overtime', 'lossGrace'],
  ['getInLine', 'enqueue'],
  ['giveBack', 'release'],
  ['cameBack', 'recordReturn'],
  ['takeAway', 'discardLease'],
  ['turnAway', 'reject'],
  ['timeIsUp', 'onExpired'],
  ['goesRound', 'wouldRepeatInPass'],
  ['stillToCome', 'pendingCapacity'],
  ['bestFresh', 'nextValidated'],
  ['attended', 'hasLeaseObservers'],
  ['followed', 'hasChangeObservers'],
  ['drains', 'passes', 'src/pool'],
  ['settleTheRest', 'armTimers'],
  ['serveOtherwise', 'prepareSlot'],
  ['stepToTheEnd', 'stepShutdown'],
  ['beDestroyed', 'finishDestroy'],
  ['mayGoAsItIs', 'isReadyToLend'],
  ['closeWhatIsFree', 'closeIdle'],
  ['closeWhatIsLent', 'closeActive'],
  ['PatientTimer', 'DeferredCancelTimer'],
  ['whenCalm', 'onTurnEnd'],
  ['beCalm', 'flushTurn'],
  ['hair', 'timeEpsilon'],
  ['told', 'describeHolder', 'src/pool'],
  ['originHere', 'captureStack'],
  ['waitsForItself', 'isSelfDeadlock'],
  ['said', 'messageOf', 'src/pool'],
  ['shown', 'describe', 'src/pool'],
  ['ForgottenLeases', 'AbandonedLeases'],
  ['Ongoing', 'CancellableRun'],
  ['Receiving', 'ObserverOrNext'],
  ['isGone', 'isUnsubscribed'],
  ['quietly', 'unsubscribeQuietly'],
  ['endAtOnce', 'finish'],
  ['lingering', 'draining'],
  ['Lingering', 'CancelledRuns'],
  ['arrived', 'next', 'src/ix'],
  ['broke', 'error', 'src/ix'],
  ['Pulls', 'PullIterator'],
  ['unwrapped', 'unwrapIxFrom'],
  ['Book', 'RunRecorder'],
  ['Standstill', 'StallDetector'],
  ['silences', 'outages', 'src/simulation'],
  ['Gathered', 'ByteAccumulator', 'src/connectors'],
  ['Notices', 'OutgoingNotifications', 'src/connectors'],
  ['again', 'retryFailed'],
];

/** What contains a banned word and may stand, and why. The phrase as it is written, in its case. */
const allowed = [
  ['Math.floor', 'of JavaScript'],
  ['`patience`', 'the option of batches'],
  ['--patience', 'the option of the command'],
  ["'patience'", 'the option of batches, by its name'],
  ['BatchOptions.patience', 'the option of batches, in a link'],
  ['patience:', 'the option of batches, in code'],
  ['`bench/floors`', 'a folder'],
  ['promise was fulfilled', 'of a promise'],
];

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const proseRules = prose.map(([words, use]) => [new RegExp(`(?<![\\w-])(?:${words.source})(?![\\w-])`, 'gi'), use]);
const blank = (text) => text.replace(/[^\n]/g, ' ');
const permitted = new RegExp(allowed.map(([phrase]) => escape(phrase)).join('|'), 'g');

const hits = [];
const at = (file, text, index, found, use) =>
  hits.push({ file, line: text.slice(0, index).split('\n').length, found: found.replace(/\s+/g, ' '), use });

/** `text` is what stands in the file; `read` the same, with all that is no prose blanked out. */
function checkProse(file, text, read = text) {
  const lines = read.replace(permitted, blank).replace(/\n( *)(\/\/|\*|>)/g, (start) => start.replace(/[^\n]/g, ' '));
  for (const [rule, use] of proseRules) {
    // A phrase may be broken at the end of a line.
    const pattern = new RegExp(rule.source.replaceAll(' ', '\\s+'), 'gi');
    for (const { 0: found, index } of lines.matchAll(pattern)) at(file, text, index, found, use);
  }
}

function checkNames(file, text, names) {
  for (const { name, index } of names) {
    const old = renamed.find(([word, , where]) => word === name && (where === undefined || file.startsWith(where)));
    if (old !== undefined) at(file, text, index, name, old[1]);
    else if (name !== 'patience' && text.slice(index - 5, index) !== 'Math.') {
      for (const part of name.split(/(?<=[a-z0-9])(?=[A-Z])|_/)) {
        const use = inNames.get(part.toLowerCase()) ?? (part === 'PATIENCE' ? 'TIME_LIMIT_MS, GRACE_MS' : undefined);
        if (use !== undefined) at(file, text, index, name === part ? name : `${part} (in ${name})`, use);
      }
    }
  }
}

const namesOf = (source) => {
  const names = [];
  const visit = (node) => {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) {
      const start = node.getStart(source);
      const hash = ts.isPrivateIdentifier(node) ? 1 : 0;
      if (node.end > start) names.push({ name: source.text.slice(start + hash, node.end), index: start + hash });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
};

const parse = (file, text) => ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);

function checkSource(file, text) {
  const names = namesOf(parse(file, text));
  checkNames(file, text, names);
  let read = '';
  let from = 0;
  for (const { name, index } of names.sort((a, b) => a.index - b.index)) {
    read += text.slice(from, index) + blank(name);
    from = index + name.length;
  }
  // What is allowed is looked for in the text itself: part of it may be a name.
  const rest = read + text.slice(from);
  const keep = text.replace(permitted, (found) => '\0'.repeat(found.length));
  checkProse(file, text, [...rest].map((char, i) => (keep[i] === '\0' ? ' ' : char)).join(''));
}

function checkMarkdown(file, text) {
  checkProse(file, text);
  const words = [...text.matchAll(/(?<![\w-])[A-Za-z]\w*(?![\w-])/g)].map(({ 0: name, index }) => ({ name, index }));
  // A word of a sentence that is a name by chance: only what cannot be prose, or stands between backticks.
  const names = words.filter(
    ({ name, index }) =>
      /[a-z][A-Z]/.test(name) || (text[index - 1] === '`' && /^`|^\(/.test(text.slice(index + name.length))),
  );
  checkNames(file, text, names);
}

function checkTitles(file, text) {
  const source = parse(file, text);
  const visit = (node) => {
    if (
      ts.isCallExpression(node) &&
      /^[fx]?(?:describe|it)$/.test(node.expression.getText(source)) &&
      node.arguments[0] !== undefined &&
      !ts.isFunctionLike(node.arguments[0])
    ) {
      const title = node.arguments[0];
      const start = title.getStart(source);
      checkProse(file, text, blank(text.slice(0, start)) + title.getText(source));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}

function checkComments(file, text) {
  const source = parse(file, text);
  const comments = new Map();
  const visit = (node) => {
    const start = node.getFullStart();
    const found = [
      ...(ts.getLeadingCommentRanges(text, start) ?? []),
      ...(ts.getTrailingCommentRanges(text, start) ?? []),
    ];
    for (const { pos, end } of found) comments.set(pos, end);
    for (const child of node.getChildren(source)) visit(child);
  };
  visit(source);
  let read = '';
  for (const [pos, end] of [...comments].sort(([a], [b]) => a - b))
    read += blank(text.slice(read.length, pos)) + text.slice(pos, end);
  checkProse(file, text, read);
}

function checkPath(file) {
  const words = file.replace(/\.\w+$/, '').replace(/[-./]+/g, ' ');
  for (const [rule, use] of proseRules)
    for (const [found] of words.matchAll(rule)) at(file, '', 0, `${found} (in the file's name)`, use);
}

// What git knows, without what is deleted in the work tree, with what is new in it.
const git = (...args) => execFileSync('git', args, { encoding: 'utf8' }).split('\0').filter(Boolean);
const gone = new Set(git('ls-files', '-z', '--deleted'));
const files = git('ls-files', '-z', '--cached', '--others', '--exclude-standard').filter((file) => !gone.has(file));

for (const file of new Set(files)) {
  const read = () => readFileSync(file, 'utf8');
  if (/^src\/.*\.tsx?$/.test(file)) {
    checkPath(file);
    checkSource(file, read());
  } else if (/^(?:docs\/.*|README|CONTRIBUTING|CHANGELOG)\.md$/.test(file)) {
    checkPath(file);
    checkMarkdown(file, read());
  } else if (/^spec\/.*\.spec\.ts$/.test(file)) {
    checkPath(file);
    checkTitles(file, read());
    checkComments(file, read());
  } else if (/^spec\/.*\.ts$/.test(file)) {
    checkComments(file, read());
  } else if (/^(?:bench|examples|scripts)\/.*\.(?:ts|mjs)$/.test(file)) {
    checkComments(file, read());
  }
}

const under = (file, path) => file === path || file.startsWith(path.endsWith('/') ? path : `${path}/`);
const asked = process.argv.slice(2);
const shown = hits
  .filter(({ file }) =>
    asked.length > 0 ? asked.some((path) => under(file, path)) : !notDoneYet.some((path) => under(file, path)),
  )
  .sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line));
for (const { file, line, found, use } of shown) console.error(`${file}:${line}: ${found} → ${use}`);

const done = asked.length > 0 ? [] : notDoneYet.filter((path) => !hits.some(({ file }) => under(file, path)));
for (const path of done)
  console.error(`scripts/check-words.mjs: no banned word is left in ${path}: remove it from notDoneYet`);
if (shown.length > 0)
  console.error(
    `${shown.length} words to replace. What may stand goes into "allowed" in scripts/check-words.mjs, with a reason.`,
  );
if (shown.length > 0) process.exit(1);
