// Which system packages each purpose needs, by package manager.
//
// `node` builds the terminal node (SQLCipher is compiled in, from C), `desktop` the window, `tests`
// runs the suites. The Debian lists are the ones the project is
// developed with. The others follow https://v2.tauri.app/start/prerequisites/; what a test cannot
// find there, it is skipped for.

export const packageLists = {
  apt: {
    node: ['build-essential', 'pkg-config'],
    desktop: [
      'libwebkit2gtk-4.1-dev',
      'libayatana-appindicator3-dev',
      'librsvg2-dev',
      'libssl-dev',
      'libxdo-dev',
      'curl',
      'file',
    ],
    tests: [
      'dbus-x11',
      'imagemagick',
      'iproute2',
      'nftables',
      'python3-venv',
      'webkit2gtk-driver',
      'xauth',
      'xdotool',
      'xvfb',
    ],
  },
  dnf: {
    node: ['gcc', 'gcc-c++', 'make', 'pkgconf-pkg-config'],
    desktop: [
      'webkit2gtk4.1-devel',
      'libappindicator-gtk3-devel',
      'librsvg2-devel',
      'libxdo-devel',
      'openssl-devel',
      'curl',
      'file',
    ],
    tests: [
      'dbus-x11',
      'ImageMagick',
      'iproute',
      'iproute-tc',
      'nftables',
      'python3',
      'xdotool',
      'xorg-x11-server-Xvfb',
      'xorg-x11-xauth',
    ],
  },
  pacman: {
    node: ['gcc', 'make', 'pkgconf'],
    desktop: [
      'webkit2gtk-4.1',
      'libappindicator-gtk3',
      'librsvg',
      'openssl',
      'xdotool',
      'curl',
      'file',
    ],
    tests: [
      'dbus',
      'imagemagick',
      'iproute2',
      'nftables',
      'python',
      'xorg-server-xvfb',
      'xorg-xauth',
    ],
  },
  zypper: {
    node: ['gcc', 'gcc-c++', 'make', 'pkgconf-pkg-config'],
    desktop: ['webkit2gtk3-devel', 'librsvg-devel', 'libopenssl-devel', 'curl', 'file'],
    tests: [
      'dbus-1-x11',
      'ImageMagick',
      'iproute2',
      'nftables',
      'python3',
      'xauth',
      'xdotool',
      'xorg-x11-server-Xvfb',
    ],
  },
};
