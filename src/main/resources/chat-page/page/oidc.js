/** Signing in at an OpenID provider: authorization code with PKCE (RFC 7636), from a public client. */

const STATE = 'oidc-state';

/** Leaves the page for the provider's sign-in. */
export async function leave(provider) {
  const verifier = random();
  const state = random();
  sessionStorage.setItem(STATE, JSON.stringify({ verifier, state, hash: location.hash }));
  const target = new URL(provider.authorizationEndpoint);
  const parameters = {
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: redirectUri(),
    scope: scopesOf(provider),
    state,
    code_challenge: await challenge(verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, value);
  location.assign(webAddress(target));
}

/**
 * Takes the provider's answer out of the address, if there is one.
 * @returns {Promise<?Object>} tokens as `{accessToken, refreshToken, expiresAt}`; null if this is no return from the provider
 * @throws Error with a sentence for the user
 */
export async function arrive(provider) {
  const answer = new URLSearchParams(location.search);
  if (!answer.has('state') || !(answer.has('code') || answer.has('error'))) return null;
  const begun = JSON.parse(sessionStorage.getItem(STATE) ?? 'null');
  sessionStorage.removeItem(STATE);
  history.replaceState(null, '', location.pathname + (begun?.hash ?? ''));
  if (!begun || begun.state !== answer.get('state')) throw new Error('That sign-in was not begun here. Please try again.');
  if (answer.has('iss') && answer.get('iss') !== provider.issuer) throw new Error('The answer came from another sign-in service.');
  if (answer.has('error')) throw new Error(answer.get('error_description') ?? 'The sign-in was not completed.');
  return exchange(provider, { grant_type: 'authorization_code', code: answer.get('code'), redirect_uri: redirectUri(), code_verifier: begun.verifier });
}

/** New tokens for a refresh token. */
export function refresh(provider, refreshToken) {
  return exchange(provider, { grant_type: 'refresh_token', refresh_token: refreshToken })
    .then((tokens) => ({ refreshToken, ...tokens }));
}

async function exchange(provider, parameters) {
  const response = await fetch(webAddress(new URL(provider.tokenEndpoint)), {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' },
    body: new URLSearchParams({ client_id: provider.clientId, ...parameters }),
  }).catch(() => {
    throw new Error('The sign-in service could not be reached.');
  });
  if (!response.ok) throw new Error('The sign-in service did not accept the sign-in.');
  const told = await response.json();
  return {
    accessToken: told.access_token,
    expiresAt: Date.now() + (told.expires_in ?? 3600) * 1000,
    ...(told.refresh_token ? { refreshToken: told.refresh_token } : {}),
  };
}

function webAddress(url) {
  if (!/^https?:$/.test(url.protocol)) throw new Error('The sign-in service has no web address.');
  return url.href;
}

function scopesOf({ scopes }) {
  return (Array.isArray(scopes) ? scopes.join(' ') : scopes) || 'openid';
}

const redirectUri = () => location.origin + location.pathname;

const random = () => base64Url(crypto.getRandomValues(new Uint8Array(32)));

async function challenge(verifier) {
  return base64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))));
}

function base64Url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
