//! The macro that makes everything out of one table of settings.

/// One setting, for printing.
#[derive(Debug)]
pub struct Setting {
    /// The flag without its dashes, which is also the file's key.
    pub key: String,
    /// The environment variable.
    pub variable: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// The default, for people.
    pub default: &'static str,
    /// The effective value, as TOML.
    pub value: String,
}

impl Setting {
    /// Describes one field of the configuration.
    pub(super) fn new(
        field: &str,
        variable: &'static str,
        doc: &'static str,
        default: &'static str,
        value: &impl serde::Serialize,
    ) -> Self {
        let value = toml::Value::try_from(value).map_or_else(
            |error| format!("# cannot be shown: {error}"),
            |value| value.to_string(),
        );
        Self {
            key: field.replace('_', "-"),
            variable,
            doc,
            default,
            value,
        }
    }
}

/// Makes [`Options`](super::Options) (what was given, each possibly absent),
/// [`Config`](super::Config) (the effective values) and the list of settings.
macro_rules! settings {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident: $type:ty = $default:expr, $shown:literal,
        $value_name:literal, $variable:literal $(, arg($($extra:tt)+))?;
    )+) => {
        /// Settings as given by flags and variables, or by a file.
        #[derive(Clone, Debug, Default, clap::Args, serde::Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct Options {
            $(
                $(#[doc = $doc])+
                #[arg(
                    long, global = true, value_name = $value_name,
                    env = $variable,
                    hide_env_values = true,
                    help = concat!($($doc,)+ " [default: ", $shown, "]").trim(),
                    $($($extra)+)?
                )]
                #[serde(default)]
                pub $name: Option<$type>,
            )+
        }

        /// The effective settings.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Config {
            $( $(#[doc = $doc])+ pub $name: $type, )+
        }

        impl Options {
            /// These settings, and `other` where these say nothing.
            #[must_use]
            pub fn or(self, other: Self) -> Self {
                Self { $($name: self.$name.or(other.$name),)+ }
            }
        }

        impl Default for Config {
            fn default() -> Self {
                Self { $($name: $default,)+ }
            }
        }

        impl Config {
            fn resolve(options: Options) -> Self {
                Self { $($name: options.$name.unwrap_or_else(|| $default),)+ }
            }

            /// All settings with their effective values, in the table's order.
            pub fn settings(&self) -> Vec<table::Setting> {
                vec![$(
                    table::Setting::new(
                        stringify!($name),
                        $variable,
                        concat!($($doc, "\n",)+),
                        $shown,
                        &self.$name,
                    ),
                )+]
            }
        }
    };
}

pub(super) use settings;
