// npm run compare: what pools do in the cases that their users have complained about. Behaviour, not speed.
import { cases } from './compare/cases';
import { subjects } from './compare/subjects';

// An unhandled rejection of a pool is part of its behaviour, and must not end the comparison.
process.on('unhandledRejection', () => {});
process.on('uncaughtException', () => {});

for (const { title, run } of cases) {
  console.log(`\n${title}`);
  for (const [name, make] of Object.entries(subjects)) {
    const outcome = await run(make).catch((error: unknown) => ({ failed: String(error) }));
    const told = Object.entries(outcome).map(([what, value]) => `${what}: ${String(value)}`);
    console.log(`  ${name.padEnd(22)}${told.join(', ')}`);
  }
}
process.exit(0);
