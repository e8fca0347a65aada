//! Commands that are executed together or not at all.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::AnyCommand;

/// Commands of one merchant that are executed in order, all of them or none.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandGroup {
    commands: Vec<AnyCommand>,
}

/// Why commands cannot form a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGroup {
    /// No command, or too many.
    #[error("a group has 1 to {} commands, not {count}", CommandGroup::LIMIT)]
    Count {
        /// The number of commands.
        count: usize,
    },
    /// The registration of a merchant, which is written to another journal; or a group.
    #[error("{0} cannot be part of a group; send it alone")]
    NotAllowed(&'static str),
}

impl CommandGroup {
    /// The name of the group among commands.
    pub const NAME: &'static str = "CommandGroup";
    /// The most commands of a group.
    pub const LIMIT: usize = 100;

    /// A group of commands.
    pub fn new(commands: Vec<AnyCommand>) -> Result<Self, InvalidGroup> {
        if commands.is_empty() || commands.len() > Self::LIMIT {
            return Err(InvalidGroup::Count { count: commands.len() });
        }
        let is_allowed =
            |command: &AnyCommand| !matches!(command, AnyCommand::RegisterMerchant(_) | AnyCommand::Group(_));
        match commands.iter().find(|command| !is_allowed(command)) {
            Some(command) => Err(InvalidGroup::NotAllowed(command.name())),
            None => Ok(Self { commands }),
        }
    }

    /// The commands, in the order of their execution.
    pub fn commands(&self) -> &[AnyCommand] {
        &self.commands
    }
}

/// A command of a group as JSON.
#[derive(Serialize, Deserialize)]
struct Member {
    command: String,
    fields: Box<RawValue>,
}

impl Serialize for CommandGroup {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let member = |command: &AnyCommand| -> Result<Member, serde_json::Error> {
            let fields = serde_json::from_slice(&command.canonical()?)?;
            Ok(Member { command: command.name().to_owned(), fields })
        };
        let members: Result<Vec<Member>, _> = self.commands.iter().map(member).collect();
        members.map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CommandGroup {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let members = Vec::<Member>::deserialize(deserializer)?;
        let command = |Member { command, fields }: Member| {
            let mut fields = serde_json::Deserializer::from_str(fields.get());
            let read = AnyCommand::read(&command, &mut fields);
            read.ok_or_else(|| D::Error::custom(format_args!("command {command} does not exist")))?
                .map_err(D::Error::custom)
        };
        let commands = members.into_iter().map(command).collect::<Result<_, _>>()?;
        Self::new(commands).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn receipt(quantity: u32) -> AnyCommand {
        let fields = json!({ "sku": "TEA", "location": "munich", "quantity": quantity });
        AnyCommand::read("ReceiveStock", fields).unwrap().unwrap()
    }

    #[test]
    fn a_group_arrives_unchanged_at_another_node() {
        let group = AnyCommand::Group(Box::new(CommandGroup::new(vec![receipt(1), receipt(2)]).unwrap()));
        let canonical = group.canonical().unwrap();
        let mut fields = serde_json::Deserializer::from_slice(&canonical);
        assert_eq!(AnyCommand::read(group.name(), &mut fields).unwrap().unwrap(), group);
        let unknown = json!([{ "command": "MakeCoffee", "fields": {} }]);
        assert!(AnyCommand::read(CommandGroup::NAME, unknown).unwrap().is_err());
    }

    #[test]
    fn a_group_has_no_group_and_no_other_merchant() {
        let group = CommandGroup::new(vec![receipt(1)]).unwrap();
        let nested = CommandGroup::new(vec![AnyCommand::Group(Box::new(group))]);
        assert_eq!(nested, Err(InvalidGroup::NotAllowed("CommandGroup")));
        let merchant = AnyCommand::read("RegisterMerchant", json!({ "merchant": "m" })).unwrap().unwrap();
        assert_eq!(CommandGroup::new(vec![merchant]), Err(InvalidGroup::NotAllowed("RegisterMerchant")));
        assert_eq!(CommandGroup::new(Vec::new()), Err(InvalidGroup::Count { count: 0 }));
    }
}
