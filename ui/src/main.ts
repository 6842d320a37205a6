import './styles/base.css';
import './stores/appearance.svelte';

import { mount } from 'svelte';

import { connectHost } from './api';
import App from './App.svelte';
import { useHost } from './stores/host';
import { session } from './stores/session.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');

useHost(await connectHost());
mount(App, { target });
await session.start();
