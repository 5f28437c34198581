//! Serde for words: through text, or through a number that is checked.

/// Serde through `Display` and `FromStr`, so that reading checks what writing promised.
macro_rules! serde_as_text {
    ($word:ty) => {
        impl serde::Serialize for $word {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $word {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// Serde through a plain number: `From<Word> for number`, `TryFrom<number> for Word`.
macro_rules! serde_as_number {
    ($word:ty, $number:ty) => {
        impl serde::Serialize for $word {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                <$number as serde::Serialize>::serialize(&<$number>::from(*self), to)
            }
        }
        impl<'de> serde::Deserialize<'de> for $word {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let number = <$number as serde::Deserialize>::deserialize(from)?;
                Self::try_from(number).map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use {serde_as_number, serde_as_text};
