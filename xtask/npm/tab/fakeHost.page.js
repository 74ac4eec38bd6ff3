'use strict';
// The host's side of the frame, in the browser. It speaks what the extension SDK speaks: JSON strings over
// postMessage, each answer with the number and the handshake token of its question, functions as numbers.
(() => {
  const scene = JSON.parse(document.getElementById('scene').textContent);
  const frame = document.getElementById('tab');
  const functions = [];
  /** What the tab has called, for the tests: [method, ...parameters]. */
  window.calls = [];

  const objects = {
    'DevOps.HostControl': {
      initialHandshake: () => ({
        contributionId: 'patkeeper.patkeeper.pat-health',
        context: {
          extension: { id: 'patkeeper.patkeeper', publisherId: 'patkeeper', extensionId: 'patkeeper', version: '1.0.0' },
          user: { id: 'u', name: 'robin@acme.example', displayName: 'Robin', descriptor: 'aad.1', imageUrl: '' },
          host: { id: 'h', name: 'acme', serviceVersion: '', type: 4, isHosted: true },
          pageContext: { webContext: { project: scene.project } },
        },
        initialConfig: {},
        themeData: scene.theme,
      }),
      getAccessToken: () => ({ token: scene.token }),
      getAppToken: () => ({ token: 'unused' }),
      notifyLoadSucceeded: () => undefined,
      notifyLoadFailed: () => undefined,
      resize: (width, height) => {
        frame.style.height = `${height}px`;
      },
    },
    'DevOps.ServiceManager': {
      getService: (id) => {
        const service = services[id];
        if (!service) throw { name: 'Error', message: `No service ${id}` };
        return service();
      },
    },
  };

  const services = {
    'ms.vss-tfs-web.tfs-page-data-service': () => ({ getProject: () => scene.project }),
    'ms.vss-build-web.build-page-data-service': () => ({ getBuildPageData: () => (scene.build ? { build: scene.build } : undefined) }),
    'ms.vss-features.location-service': () => ({
      getServiceLocation: () => scene.collection,
      getResourceAreaLocation: () => scene.collection,
    }),
  };

  /** Functions cross the frame's border as numbers by which they are called. */
  function packed(value) {
    if (typeof value === 'function') return { __proxyFunctionId: functions.push(value), _channelId: 1 };
    if (Array.isArray(value)) return value.map(packed);
    if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, packed(item)]));
    return value;
  }

  function send(message) {
    frame.contentWindow.postMessage(JSON.stringify(message), scene.tab);
  }

  addEventListener('message', (event) => {
    if (event.source !== frame.contentWindow || event.origin !== scene.tab || typeof event.data !== 'string') return;
    const { id, methodName, instanceId, params = [], handshakeToken } = JSON.parse(event.data);
    if (!instanceId) return; // the answer to something that the host has told the tab
    window.calls.push([methodName, ...(params ?? [])]);
    if (scene.silent?.includes(methodName)) return;
    const proxied = instanceId === '__proxyFunctions' ? functions[Number(methodName.slice('proxy'.length)) - 1] : undefined;
    const method = proxied ?? objects[instanceId]?.[methodName];
    try {
      if (!method) throw { name: 'Error', message: `No method ${instanceId}.${methodName}` };
      send({ id, result: packed(method(...(params ?? []))), handshakeToken });
    } catch (error) {
      send({ id, error, handshakeToken });
    }
  });

  let told = 0;
  /** Tells the tab that the person has chosen another theme. */
  window.chooseTheme = (theme) =>
    send({ id: (told += 1), instanceId: 'DevOps.SdkClient', methodName: 'dispatchEvent', params: ['themeChanged', { detail: { data: theme } }] });

  /** The build ends: the page is told so when it asks the next time. */
  window.buildEnds = () => Object.assign(scene.build, { status: 2, finishTime: '2026-11-22T10:05:00Z' });

  frame.src = `${scene.tab}/tab/index.html`;
})();
