// Draws the marble diagrams of docs/pictures, each from the strings in its .txt, for light and for dark pages:
//
//   npm run pictures             writes them
//
// spec/pictures.spec.ts holds the strings to what the pool does, and the drawings to the strings.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseMarbleDiagramSpecification } from '@swirly/parser';
import { renderMarbleDiagram } from '@swirly/renderer-node';

const folder = new URL('../docs/pictures/', import.meta.url);

const font = 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace';
const common = {
  background_color: 'transparent',
  canvas_padding: 10,
  completion_height: 50,
  error_size: 20,
  event_radius: 18,
  event_value_font_family: font,
  event_value_font_size: 14,
  frame_width: 44,
  operator_corner_radius: 6,
  operator_height: 40,
  operator_title_font_family: font,
  operator_title_font_size: 17,
  stream_spacing: 6,
  stream_title_font_family: font,
  stream_title_font_size: 15,
};
const inks = { light: '#1f2328', dark: '#e6edf3' };

const stylesOf = (theme) => {
  const ink = inks[theme];
  return {
    ...common,
    arrow_stroke_color: ink,
    completion_stroke_color: ink,
    error_color: theme === 'light' ? '#cf222e' : '#ff7b72',
    event_fill_color: theme === 'light' ? '#ddf4ff' : '#0c2d6b',
    event_stroke_color: ink,
    event_value_color: ink,
    operator_fill_color: 'transparent',
    operator_stroke_color: ink,
    operator_title_color: ink,
    stream_title_color: ink,
  };
};

/** The name of each drawing, and its text. */
export function draw(name) {
  const text = readFileSync(new URL(`${name}.txt`, folder), 'utf8');
  return Object.keys(inks).map((theme) => {
    const { xml } = renderMarbleDiagram(parseMarbleDiagramSpecification(text), { styles: stylesOf(theme) });
    return [new URL(`${name}-${theme}.svg`, folder), `${xml}\n`];
  });
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.txt'))) {
    for (const [url, svg] of draw(file.slice(0, -4))) writeFileSync(url, svg);
  }
}
