/**
 * The answer to `GET /v1/environment`: the settings of an instance as Clerk's script reads them. Everything that would
 * load code or call services elsewhere (captcha, billing, passkeys, organisations) is off.
 */

const disabledAttribute = {
  enabled: false,
  required: false,
  used_for_first_factor: false,
  first_factors: [],
  used_for_second_factor: false,
  second_factors: [],
  verifications: [],
  verify_at_sign_up: false,
};

const attributeNames = [
  'email_address',
  'phone_number',
  'username',
  'first_name',
  'last_name',
  'password',
  'web3_wallet',
  'authenticator_app',
  'backup_code',
  'passkey',
];

export function environmentJson(appOrigin: string): Record<string, unknown> {
  return {
    object: 'environment',
    id: 'env_stand_in',
    maintenance_mode: false,
    auth_config: {
      object: 'auth_config',
      id: 'aconf_stand_in',
      single_session_mode: true,
      claimed_at: null,
      reverification: false,
    },
    display_config: displayConfig(appOrigin),
    user_settings: {
      attributes: Object.fromEntries(attributeNames.map((name) => [name, { ...disabledAttribute, name }])),
      actions: { delete_self: false, create_organization: false },
      social: {},
      enterprise_sso: { enabled: false },
      sign_in: { second_factor: { required: false } },
      sign_up: { captcha_enabled: false, custom_action_required: false, mode: 'restricted', progressive: true },
      password_settings: { min_length: 8, max_length: 72, allowed_special_characters: '' },
      passkey_settings: { allow_autofill: false, show_sign_in_button: false },
      username_settings: { min_length: 4, max_length: 64 },
    },
    organization_settings: {
      enabled: false,
      max_allowed_memberships: 5,
      force_organization_selection: false,
      actions: { admin_delete: false },
      domains: { enabled: false, enrollment_modes: [], default_role: null },
      slug: { disabled: true },
      organization_creation_defaults: { enabled: false },
    },
    commerce_settings: {
      billing: {
        stripe_publishable_key: null,
        organization: { enabled: false, has_paid_plans: false },
        user: { enabled: false, has_paid_plans: false },
      },
    },
    api_keys_settings: { user_api_keys_enabled: false, orgs_api_keys_enabled: false },
    protect_config: { object: 'protect_config', id: 'protect_stand_in', loaders: [] },
  };
}

function displayConfig(appOrigin: string): Record<string, unknown> {
  return {
    object: 'display_config',
    id: 'display_stand_in',
    application_name: 'Local stand-in of Clerk',
    instance_environment_type: 'development',
    branded: false,
    captcha_public_key: null,
    captcha_widget_type: null,
    captcha_public_key_invisible: null,
    captcha_provider: 'turnstile',
    captcha_oauth_bypass: null,
    logo_image_url: '',
    favicon_image_url: '',
    preferred_sign_in_strategy: 'otp',
    show_devmode_warning: false,
    support_email: '',
    theme: {},
    ...Object.fromEntries(urlNames.map((name) => [name, appOrigin])),
    terms_url: '',
    privacy_policy_url: '',
    waitlist_url: '',
  };
}

const urlNames = [
  'home_url',
  'sign_in_url',
  'sign_up_url',
  'user_profile_url',
  'organization_profile_url',
  'create_organization_url',
  'after_sign_in_url',
  'after_sign_up_url',
  'after_sign_out_all_url',
  'after_sign_out_one_url',
  'after_switch_session_url',
  'after_leave_organization_url',
  'after_create_organization_url',
  'after_join_waitlist_url',
];
