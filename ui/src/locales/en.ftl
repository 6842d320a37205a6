# All words of the window. Plain verbs, second person, present tense; buttons say the act.

app = Gossamer
title-unread = ({ $n }) Gossamer
everyone = Everyone
chats = Chats
people = People
files = Files
settings = Settings
you = You

## Words used in many places

cancel = Cancel
close = Close
copy = Copy
copied = Copied
dismiss = Dismiss
retry = Retry
optional = optional
percent = { $n }%

## Sizes, rates and times

size-b = { $n } B
size-kb = { $n } KB
size-mb = { $n } MB
size-gb = { $n } GB
size-tb = { $n } TB
rate = { $size }/s
left-seconds = { $n } s left
left-minutes = { $n } min left
left-hours = { $hours } h { $minutes } min left
day-today = Today
day-yesterday = Yesterday
ago-now = just now
ago-minutes = { $n } min ago
ago-at = at { $time }
ago-day = { $day }, { $time }

## Loading, stopped, broken

loading-app = Opening Gossamer
loading-messages = Loading your messages
loading-people = Looking for people
loading-files = Loading your files
stopped-title = Gossamer has stopped
stopped-what = This device is no longer on the network. Your messages and files are kept.
stopped-do = Start again
broken-title = Gossamer could not start

## Join

join-title = Join the people around you
join-what = Messages and files stay on this network. No account, no server.
join-name = Your name
join-name-missing = Enter the name others will see.
join-name-long = Use at most { $n } characters.
join-password = Network password
join-open-hint = Nearby devices can see you are here. Without a password, anyone near can join and read.
join-password-hint = Nearby devices can see you are here. Only people with the password can read and write messages.
join-passphrase = Passphrase of your history
join-passphrase-hint = It locks what is stored on this device. It is not the network password.
join-passphrase-needed = Enter its passphrase to open it.
join-port = Port
join-port-range = 1024 to 65534
join-more = More
join-network = Network name
join-network-hint = Devices with another network name ignore each other.
join-network-missing = Enter a network name, such as mesh.
join-submit = Join network
join-step-port = Opening port { $port }
join-step-history = Loading your history
join-step-people = Finding people

password-generate = Generate a password
password-show = Show password
password-hide = Hide password
strength-weak = Short. Someone near can guess it, try by try.
strength-fair = Fair
strength-strong = Strong. Tell it to others in person.

interface-looking = Looking for networks
interface-none = No network. Only this computer.
interface-using = Using { $name }
interface-using-all = Using all { $n } networks
interface-wifi = Wi-Fi
interface-ethernet = Ethernet
interface-loopback = This computer only
interface-change = Change
interface-done = Done
interface-legend = Network to use
interface-all = All networks

heard-looking = Listening
heard-nobody = Listening, nobody heard yet
heard-some = { $n ->
    [one] { $n } device heard on port { $port }
   *[other] { $n } devices heard on port { $port }
}
heard-elsewhere = { $n ->
    [one] { $n } device heard, on another network name
   *[other] { $n } devices heard, on other network names
}
heard-port-in-use = Port { $port } is used by another app.
heard-use-port = Use { $port }

## Rail and status bar

rail-label = Views
rail-chats-count = { $n ->
    [one] { $n } unread message
   *[other] { $n } unread messages
}
rail-files-count = { $n ->
    [one] { $n } needs your answer
   *[other] { $n } need your answer
}
status-label = Status
status-network = { $network }, port { $port }
status-private = private
status-public = open
status-locked = Only devices with the password take part. Everything between Gossamer devices is encrypted.
status-open = Open network: anyone near can join and read. Between Gossamer devices everything is encrypted on the way.
status-apart = { $n } near, other password
status-offline = No network
status-relaying = Passing on { $n ->
    [one] { $n } file
   *[other] { $n } files
} for others
status-queued = { $n } waiting
status-down = Receiving
status-up = Sending

## Chats

list-line = { $name }: { $text }
list-quiet = Nothing said yet
everyone-apart = Nobody else in this network
everyone-locked = encrypted with the password
everyone-open = open, no password

feed-label = Messages
feed-empty-title = Say hello
feed-empty-what = Everyone on this network sees what you write here. It is kept on your device.
feed-jump-unread = { $n ->
    [0] Jump to the newest
    [one] Jump to the newest, { $n } unread message
   *[other] Jump to the newest, { $n } unread messages
}
unread-divider = New

happening-arrived = { $name } is here
happening-arrived-many = { $n } people are here
happening-left = { $name } is away
happening-left-many = { $n } people are away
happening-renamed = { $before } is now { $name }

message-unreadable = Written under another password
message-copy = Copy message
message-more = Show more
message-less = Show less
message-rest = The rest is too long to show here. Copy the message to read it.
message-not-sent = Not sent.
message-late = Arrived late
message-misdated = Their clock, or yours, is wrong by more than a day
message-hops = { $n ->
    [one] Through { $n } device
   *[other] Through { $n } devices
}

state-queued = Waiting for a route
state-sending = Sending
state-sent = { $n ->
    [one] Reached { $n } device
   *[other] Reached { $n } devices
}
state-carried = Carried by others
state-delivered = Delivered
state-read = Read
state-failed = Not sent

code-label = Code
code-plain = Text
code-copy = Copy code
code-wrap = Wrap lines
code-more = { $n ->
    [one] Show { $n } more line
   *[other] Show { $n } more lines
}
code-less = Show fewer lines

composer-placeholder = Message Everyone
composer-hint = Enter sends, Shift+Enter adds a line. Drop files anywhere.
composer-waits = Nobody is here yet. Your message leaves when someone is.
composer-too-long = { $size } too long for one message. Shorten it, or send it as a file.
composer-fits = Fits into one message now.
composer-as-file = Send as a file
composer-failed = Not sent.
composer-attach = Send files
composer-emoji = Emoji
composer-send = Send
composer-paste-files = Files cannot be pasted. Drop them here or choose Send files.

banner-offline = No network.
banner-offline-what = Messages wait on this device and leave when it is connected and someone is near.
banner-alone = You are alone on this network.
banner-alone-what = Others need the same network name and port { $port }. If they do not show up, connect by address.

banner-blocked = { $n ->
    [one] { $n } device is near but cannot be reached.
   *[other] { $n } devices are near but cannot be reached.
}
banner-blocked-what = A firewall may block port { $port }, or the network keeps devices apart. Allow the port on both devices, or use another network.

announce-many = { $n ->
    [one] { $n } new message
   *[other] { $n } new messages
}

details = Details
details-toggle = Details
details-what = All devices on this network
details-network = Network
details-name = Name
details-port = Port
details-messages = Messages
details-files = Files
details-locked = Encrypted, only for those with the password
details-open = Open to anyone near
details-files-direct = Encrypted on the way
details-files-classic = Not encrypted to classic devices


emoji-label = Emoji
emoji-faces-title = Faces
emoji-faces = 😀 grinning, 😄 laughing, 😂 tears of joy, 🙂 smiling, 😉 winking, 😊 blushing, 😍 in love, 😎 cool, 🤔 thinking, 🤨 doubtful, 😐 neutral, 🙄 rolling eyes, 😴 asleep, 😅 relieved, 😢 crying, 😭 sobbing, 😮 surprised, 😱 shocked, 😡 angry, 🤯 mind blown, 🥳 celebrating, 🤗 hugging, 🫡 saluting, 🙃 upside down
emoji-hands-title = Hands
emoji-hands = 👍 thumbs up, 👎 thumbs down, 👌 all right, 👏 clapping, 🙌 raised hands, 🙏 thank you, 💪 strong, 👋 waving, 🤝 handshake, ✌️ victory, 🤞 fingers crossed, 👀 looking, ✍️ writing, 👇 down here, 👉 over there, 🤷 no idea
emoji-things-title = Things
emoji-things = 🎉 party, 🚀 rocket, ☕ coffee, 🍕 pizza, 🔥 fire, 💡 idea, 🔧 wrench, 🐛 bug, 📎 paper clip, 📷 camera, 📦 parcel, 🔋 battery, 🔒 lock, ⏰ alarm, 🌧️ rain, ☀️ sun
emoji-signs-title = Signs
emoji-signs = ❤️ heart, ✅ done, ❌ no, ⚠️ warning, ❓ question, ❗ important, ➡️ next, 💯 hundred

## People

people-here = { $n ->
    [0] Nobody else here
    [one] { $n } other here
   *[other] { $n } others here
}
people-person = Person
people-status = Status
people-address = Address
people-dialect = Connection
people-seen = Last seen
people-contact = Contact
contact-add = Add { $name } to contacts
contact-remove = Remove { $name } from contacts
people-empty-title = Nobody here yet
people-apart-title = Nobody else in this network
people-empty-what = Others show up when they join the same network name on port { $port }. It can take a few seconds.
presence-here = This device
presence-direct = Direct
presence-relayed = Through others
presence-through = Through { $name }
people-rtt = { $ms } ms
people-rtt-what =
    { $hops ->
        [one] To there and back over one link
       *[other] To there and back over { $hops } links
    }
presence-unreachable = Cannot be reached
presence-unreachable-what = Heard, but connections fail. A firewall may block it, or the network keeps devices apart.
presence-offline = Offline
dialect-v1 = Classic
dialect-v2 = Encrypted
dialect-what-v1 = An older kind of app. Files to and from it are not encrypted, and it does not prove who it is.
dialect-what-v2 = Encrypted between the two devices, each of which proves who it is.

## Devices near that stay apart

apart-other_password = { $n ->
    [one] { $n } nearby device uses a different password.
   *[other] { $n } nearby devices use a different password.
}
apart-do-other_password = To be together, agree on one: leave and join again with theirs, or give them yours.
apart-no_password = { $n ->
    [one] { $n } nearby device has no password.
   *[other] { $n } nearby devices have no password.
}
apart-do-no_password = Give them yours to bring them in.
apart-needs_password = { $n ->
    [one] { $n } nearby device uses a password, and you joined without one.
   *[other] { $n } nearby devices use a password, and you joined without one.
}
apart-do-needs_password = Ask for it, then leave and join again with it.
apart-too_many_guesses = { $n ->
    [one] { $n } nearby device has to wait.
   *[other] { $n } nearby devices have to wait.
}
apart-do-too_many_guesses = Too many wrong passwords were tried. It goes on by itself in a few minutes.
apart-other_version = { $n ->
    [one] { $n } nearby device runs another version of Gossamer.
   *[other] { $n } nearby devices run another version of Gossamer.
}
apart-do-other_version = Update the older ones.
apart-too_many_links = { $n ->
    [one] { $n } nearby device has no room for another connection.
   *[other] { $n } nearby devices have no room for another connection.
}
apart-do-too_many_links = Messages reach it through others.

addresses-title = Your addresses
addresses-what = Somebody who does not see you can connect to one of these.
addresses-copy = Copy { $addr }

connect-open = Connect by address
connect-title = Connect by address
connect-what = For networks where devices do not find each other by themselves.
connect-addr = Address
connect-hint = An IP address, with the port after a colon if it is not 9999.
connect-missing = Enter an address, such as 192.168.1.31:9999.
connect-trying = Trying { $addr }
connect-done = Connected to { $name }
connect-do = Connect

## Files

files-active = { $n } active
files-open-downloads = Open downloads
files-send = Send files
files-empty-title = No files yet
files-empty-what = Files you send to everyone and files offered to you show up here.
files-answer = Needs your answer
files-progress = In progress
files-waiting = Waiting
files-earlier = Earlier

transfer-from = from { $name }
transfer-to-everyone = to Everyone
transfer-accept = Accept
transfer-accept-name = Accept { $name }
transfer-decline = Decline
transfer-decline-name = Decline { $name }
transfer-again = Try again
transfer-again-name = Try { $name } again
transfer-cancel-name = Cancel { $name }
transfer-reveal-name = Show { $name } in its folder
transfer-copy-hash-name = Copy the SHA-256 of { $name }
transfer-hash-copied = SHA-256 copied
transfer-progress = Progress of { $name }
transfer-part = { $percent }% of { $size }
transfer-paused = Paused at { $percent }%
transfer-verifying = Checking
transfer-intact = Intact
transfer-reached = { $n ->
    [one] Reached { $n } device
   *[other] Reached { $n } devices
}
transfer-failed = It did not arrive. Ask for it again.
transfer-cancelled = Cancelled
transfer-waits = Starts when someone is near
transfer-fits = Fits, { $free } free
transfer-too-big = Does not fit, { $free } free

## Why a message or a file is where it is

reason-unknown = A newer version of Gossamer knows why.
reason-message_too_long = Too long for the old program that is near: it takes { $size }, { $limit } fit. Send it in parts, or as a file.
reason-recipient_not_met = The recipient was not met while the message was kept. Send it again.
reason-waits_for_device = Waits until someone is near
reason-waits_for_answer = Waits for an answer
reason-waits_for_receiver = Waits for the other device to go on with it
reason-waits_for_sender = Goes on when its sender is back
reason-waits_for_turn = Waits for other files
reason-connection_lost = The connection to the sender was lost. It goes on by itself once the sender is there.
reason-no_room = It needs { $needed } more and the disk has { $free } free. Free some space, then try again.
reason-disk_full = { $kept ->
    [true] The disk is full. Free some space, then try again.
   *[other] The disk is full. Free some space, then ask for the file again.
}
reason-unwritable = { $kept ->
    [true] { $path } cannot be written: { $error }. Check the folder, then try again.
   *[other] { $path } cannot be written: { $error }. Check the folder, then ask for the file again.
}
reason-unwritten = { $kept ->
    [true] Where the file goes could not be noted. Free some space, then try again.
   *[other] Where the file goes could not be noted. Free some space, then ask for it again.
}
reason-no_free_name = { $kept ->
    [true] Every name that the file could have is taken in { $path }. Move some files away, then try again.
   *[other] Every name that the file could have is taken in { $path }. Move some files away, then ask for it again.
}
reason-declined_here = You declined it
reason-cancelled_here = You cancelled it
reason-declined = Nobody took it
reason-sender_cancelled = The sender cancelled it
reason-missed = { $devices ->
    [one] { $devices } device went away before it had all of it
   *[other] { $devices } devices went away before they had all of it
}
reason-over = It is over
reason-crowded = Too many files already wait for your answer, so this one was not taken. Answer the others, then ask for it again.
reason-unanswered_too_large = Too large to hold before you answer. Ask for it again and accept it sooner.
reason-name_is_path = Refused: its name is a path, which could place it anywhere on this device.
reason-name_has_nul = Refused: its name has an invisible end in the middle, which hides what it is.
reason-too_large = Refused: it is said to have { $size }, more than are accepted.
reason-contradictory = Refused: what its sender says of it contradicts itself.
reason-not_accepted = Not taken: its name or size is not accepted there. Rename it, then send it again.
reason-sender_refused = The sender does not go on with it. Ask for it again.
reason-damaged = Damaged on the way: its SHA-256 is not the sender's. Nothing was kept. Ask for it again.
reason-not_as_offered = What came was not the file that was offered. Nothing was kept. Ask for it again.
reason-incomplete = Incomplete: nothing more of it came. Ask for it again.
reason-changed_there = It was changed at its sender after it was offered. Ask for it again.
reason-gone_there = It is not at its sender any more. Ask for it again.
reason-changed = It changed after it was offered. Send it again.
reason-gone = It is not there any more. Put it back, then send it again.
reason-unreadable = It could not be read to its end. Check it, then send it again.
reason-closed_before_arrival = Gossamer was closed before it was complete. Ask for it again.
reason-closed_before_sent = Gossamer was closed before it was sent. Send it again.
reason-earlier = { $text }

send-files-title = { $n ->
    [one] Send { $n } file
   *[other] Send { $n } files
}
send-files-do = { $n ->
    [one] Send { $n } file
   *[other] Send { $n } files
}
send-files-to = { $n ->
    [one] Offered to everyone on this network, { $n } device now.
   *[other] Offered to everyone on this network, { $n } devices now.
}
send-files-to-nobody = Nobody is here yet. The files wait until someone is.
send-files-unencrypted = Files to classic devices are not encrypted. Anyone on this network can read them.

drop-title = Drop to send to Everyone
drop-what = You are asked before anything leaves.

clear-history-open = Clear history
clear-history-title = Clear the file history?
clear-history-what = The list of ended transfers is emptied. The files themselves stay where they are; only texts that you sent as files go.
clear-history-do = Clear history

## Settings

settings-appearance = Appearance
settings-theme = Theme
theme-system = System
theme-light = Light
theme-dark = Dark
settings-text = Text size
settings-network = This network
settings-device = This device
settings-device-hint = Tells you apart from others with your name.
settings-relay = Pass files on for
settings-relay-everyone = Everyone
settings-relay-contacts = Contacts
settings-relay-nobody = Nobody
settings-relay-everyone-hint = Devices with no direct way to each other send files through this one. It cannot read them.
settings-relay-contacts-hint = Only files that a contact sends or gets go through this device. It cannot read them.
settings-relay-nobody-hint = Files between others do not go through this device. Messages still do.
settings-leave = Leave this network
settings-leave-hint = To change your name, password, port or network.
leave-open = Leave
leave-title = Leave { $network }?
leave-what = This device disappears for the others, and running transfers stop. Your history is kept.
leave-do = Leave
settings-storage = Files and history
settings-downloads = Received files
settings-history = Message history
settings-history-keychain = Kept encrypted on this device, with the key in the system's keychain.
settings-history-passphrase = Kept encrypted on this device, with the key locked by your passphrase.
settings-history-key-file = Kept encrypted on this device, with the key in a file only you can read.
settings-profile = Profile { $profile }
settings-about = About
settings-version = Version
settings-shortcuts = Keyboard shortcuts
settings-show = Show
settings-notices = Fonts and art
settings-notices-what = Inter and JetBrains Mono, SIL Open Font License 1.1. Twemoji art, CC-BY 4.0, as a font under SIL Open Font License 1.1. Icons by Lucide, ISC.

## Shortcuts

shortcuts-title = Keyboard shortcuts
shortcut-chats = Chats
shortcut-people = People
shortcut-files = Files
shortcut-settings = Settings
shortcut-write = Write a message
shortcut-send-files = Send files
shortcut-details = Show or hide details
shortcut-regions = Next part of the window
shortcut-regions-back = Part of the window before
shortcut-rows = Next or earlier row of a list
shortcut-back = Back
shortcut-messages = Into the messages, from an empty field
shortcut-copy = Copy the focused message
shortcut-escape = Close, or back to writing
shortcut-sheet = This list

## Errors: what kind of thing went wrong. The node says the rest.

error-bad_command = That cannot be done
error-bad_argument = That does not look right
error-unknown_conversation = That conversation is not here
error-unknown_message = That message is not here
error-unknown_peer = It is not known yet who that is
error-unknown_transfer = That file is not here any more
error-wrong_state = Too late for that
error-file_unreadable = The file cannot be read
error-disk_full = The disk is full
error-file_unwritable = The file cannot be written
error-port_in_use = The port is taken
error-port_unusable = The port cannot be used
error-profile_in_use = Gossamer is already open
error-profile_copied = Another device uses this profile
error-store_unavailable = Your history cannot be opened
error-store_unreadable = Your history cannot be read
error-passphrase_needed = Your history is locked
error-passphrase_wrong = That is not the passphrase
error-unreachable = Nobody answered
error-limit_reached = That is too much at once
error-stopped = Gossamer has stopped
error-internal = Something went wrong
writes-again = Your history can be written again
