import { t } from '$/lib/i18n';

export type Emoji = { char: string; name: string };

const groups = ['faces', 'hands', 'things', 'signs'] as const;

/** The picker's emoji with their names, grouped, from the catalogue: `😀 grinning, 😂 joy`. */
export function emojiGroups(): { title: string; emoji: Emoji[] }[] {
  return groups.map((group) => ({
    title: t(`emoji-${group}-title`),
    emoji: t(`emoji-${group}`)
      .split(',')
      .map((entry) => {
        const [char = '', ...name] = entry.trim().split(/\s+/u);
        return { char, name: name.join(' ') };
      }),
  }));
}
