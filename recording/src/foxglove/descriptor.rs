//! Describes the messages in protobuf's own words, as MCAP wants a schema of them: with the fields that are written.

use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    FileDescriptorSet,
};

/// Describes `foxglove.ImageAnnotations` and everything that it holds.
pub(crate) fn image_annotations() -> Vec<u8> {
    FileDescriptorSet { file: vec![timestamp_file(), annotations_file()] }.encode_to_vec()
}

fn timestamp_file() -> FileDescriptorProto {
    let fields = [("seconds", 1, Type::Int64), ("nanos", 2, Type::Int32)];
    FileDescriptorProto {
        name: Some("google/protobuf/timestamp.proto".to_owned()),
        package: Some("google.protobuf".to_owned()),
        message_type: vec![message("Timestamp", fields.map(|(name, number, kind)| plain(name, number, kind)).into())],
        syntax: Some("proto3".to_owned()),
        ..FileDescriptorProto::default()
    }
}

fn annotations_file() -> FileDescriptorProto {
    let doubles = |names: &[&str]| (1..).zip(names).map(|(number, name)| plain(name, number, Type::Double)).collect();
    let circle = vec![
        one("timestamp", 1, TIMESTAMP),
        one("position", 2, POINT),
        plain("diameter", 3, Type::Double),
        plain("thickness", 4, Type::Double),
        one("outline_color", 6, COLOR),
    ];
    let text = vec![
        one("timestamp", 1, TIMESTAMP),
        one("position", 2, POINT),
        plain("text", 3, Type::String),
        plain("font_size", 4, Type::Double),
        one("text_color", 5, COLOR),
        one("background_color", 6, COLOR),
    ];
    let all = vec![
        several("circles", 1, ".foxglove.CircleAnnotation"),
        several("points", 2, ".foxglove.PointsAnnotation"),
        several("texts", 3, ".foxglove.TextAnnotation"),
        one("timestamp", 5, TIMESTAMP),
    ];
    FileDescriptorProto {
        name: Some("foxglove/ImageAnnotations.proto".to_owned()),
        package: Some("foxglove".to_owned()),
        dependency: vec!["google/protobuf/timestamp.proto".to_owned()],
        message_type: vec![
            message("Point2", doubles(&["x", "y"])),
            message("Color", doubles(&["r", "g", "b", "a"])),
            message("CircleAnnotation", circle),
            points_annotation(),
            message("TextAnnotation", text),
            message("ImageAnnotations", all),
        ],
        syntax: Some("proto3".to_owned()),
        ..FileDescriptorProto::default()
    }
}

fn points_annotation() -> DescriptorProto {
    let kind =
        FieldDescriptorProto { r#type: Some(Type::Enum.into()), ..one("type", 2, ".foxglove.PointsAnnotation.Type") };
    let fields = vec![
        one("timestamp", 1, TIMESTAMP),
        kind,
        several("points", 3, POINT),
        one("outline_color", 4, COLOR),
        plain("thickness", 7, Type::Double),
    ];
    let values = ["UNKNOWN", "POINTS", "LINE_LOOP", "LINE_STRIP", "LINE_LIST"];
    let value = |(number, name): (i32, &str)| EnumValueDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        ..EnumValueDescriptorProto::default()
    };
    let kinds = EnumDescriptorProto {
        name: Some("Type".to_owned()),
        value: (0..).zip(values).map(value).collect(),
        ..EnumDescriptorProto::default()
    };
    DescriptorProto { enum_type: vec![kinds], ..message("PointsAnnotation", fields) }
}

fn message(name: &str, field: Vec<FieldDescriptorProto>) -> DescriptorProto {
    DescriptorProto { name: Some(name.to_owned()), field, ..DescriptorProto::default() }
}

fn plain(name: &str, number: i32, kind: Type) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(kind.into()),
        ..FieldDescriptorProto::default()
    }
}

fn one(name: &str, number: i32, type_name: &str) -> FieldDescriptorProto {
    FieldDescriptorProto { type_name: Some(type_name.to_owned()), ..plain(name, number, Type::Message) }
}

fn several(name: &str, number: i32, type_name: &str) -> FieldDescriptorProto {
    FieldDescriptorProto { label: Some(Label::Repeated.into()), ..one(name, number, type_name) }
}

const TIMESTAMP: &str = ".google.protobuf.Timestamp";
const POINT: &str = ".foxglove.Point2";
const COLOR: &str = ".foxglove.Color";
