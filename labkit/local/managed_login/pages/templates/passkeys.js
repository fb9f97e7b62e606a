// The browser's part of a passkey: options from the form's data, the answer into its field.
const texts = {
  InvalidStateError: 'This authenticator has a passkey of yours already.',
  NotAllowedError: 'There is no such passkey, or the browser was told not to go on. Try again, or go another way.',
  SecurityError: 'The browser does not let this page use passkeys of the user pool’s relying party.',
}

async function credential(form) {
  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) throw new Error('This browser knows no passkeys.')
  const options = JSON.parse(form.dataset.options)
  return form.dataset.passkey === 'create'
    ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) })
}

async function send(event) {
  event.preventDefault()
  const form = event.target, told = document.getElementById('passkey-error')
  told.hidden = true
  try {
    form.elements.credential.value = JSON.stringify(await credential(form))
    form.submit()
  } catch (error) {
    told.textContent = texts[error.name] ?? error.message
    told.hidden = false
    told.focus()
  }
}

// At once, before anything is drawn: what is for browsers without scripts is not for this one.
document.documentElement.classList.add('scripted')
document.addEventListener('DOMContentLoaded', () =>
  document.querySelector('form[data-passkey]').addEventListener('submit', send))
