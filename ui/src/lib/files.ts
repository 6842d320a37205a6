export type FileKind = 'archive' | 'image' | 'audio' | 'video' | 'code' | 'text' | 'other';

const kinds: Record<string, FileKind> = {
  ...of('archive', 'zip tar gz zst xz bz2 7z rar deb rpm iso img dmg'),
  ...of('image', 'png jpg jpeg gif webp svg avif heic bmp tiff'),
  ...of('audio', 'mp3 flac ogg opus wav m4a aac'),
  ...of('video', 'mp4 mkv mov webm avi'),
  ...of('code', 'rs ts js py c h cpp go java sh json toml yaml yml html css sql'),
  ...of('text', 'pdf txt md doc docx odt rtf csv xls xlsx ods ppt pptx odp epub'),
};

/** What a file seems to be, by its extension; only the icon depends on it. */
export function fileKind(name: string): FileKind {
  const extension = name.includes('.') ? name.split('.').pop()?.toLowerCase() : undefined;
  return (extension !== undefined && kinds[extension]) || 'other';
}

function of(kind: FileKind, extensions: string): Record<string, FileKind> {
  return Object.fromEntries(extensions.split(' ').map((extension) => [extension, kind]));
}
