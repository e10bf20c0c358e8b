//! Tiny networks as ONNX files, to which what is bright is a person: the layouts are the real ones, the weights are not.

/// Fields of a message of protocol buffers, which ONNX is.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn number(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    fn bytes(mut self, field: u64, value: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend(value);
        self
    }

    fn text(self, field: u64, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    fn all(self, field: u64, values: impl IntoIterator<Item = Message>) -> Self {
        values.into_iter().fold(self, |message, value| message.bytes(field, &value.0))
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

/// A network of `side` pixels with a grid for each stride; a cell of the last one is `weights` of its mean brightness and
/// `biases`.
pub(super) fn network(side: u64, strides: &[u64], weights: &[f32], biases: &[f32]) -> Vec<u8> {
    let columns = weights.len() as u64;
    let (mut nodes, mut tensors) = (Vec::new(), vec![longs("rows", &[1, -1, columns as i64])]);
    for (n, &stride) in strides.iter().enumerate() {
        let name = |what: &str| format!("{what}{stride}");
        let factor = if n + 1 == strides.len() { 1.0 } else { 0.0 };
        let spread: Vec<f32> = weights.iter().flat_map(|w| [w * factor / 3.0; 3]).collect();
        let biases: Vec<f32> = biases.iter().map(|bias| bias * factor).collect();
        tensors.push(floats(&name("w"), &[columns, 3, 1, 1], &spread));
        tensors.push(floats(&name("b"), &[columns], &biases));
        // The last cells reach beyond the input where it is no multiple of the stride.
        let missing = side.div_ceil(stride) * stride - side;
        let pool = [
            ints("kernel_shape", &[stride; 2]),
            ints("strides", &[stride; 2]),
            ints("pads", &[0, 0, missing, missing]),
        ];
        nodes.push(node("AveragePool", &["image"], &name("cells"), pool));
        let parts = [name("cells"), name("w"), name("b")];
        nodes.push(node("Conv", &parts.each_ref().map(String::as_str), &name("maps"), [ints("kernel_shape", &[1, 1])]));
        nodes.push(node("Transpose", &[&name("maps")], &name("last"), [ints("perm", &[0, 2, 3, 1])]));
        nodes.push(node("Reshape", &[&name("last"), "rows"], &name("grid"), []));
    }
    let grids: Vec<String> = strides.iter().map(|stride| format!("grid{stride}")).collect();
    let grids: Vec<&str> = grids.iter().map(String::as_str).collect();
    let axis = Message::default().text(1, "axis").number(3, 1).number(20, 2);
    nodes.push(node("Concat", &grids, "output", [axis]));
    let graph = Message::default().all(1, nodes).text(2, "people").all(5, tensors);
    let graph = graph.bytes(11, &value("image", &[1, 3, side, side]).0).bytes(12, &value("output", &[1, 1, columns]).0);
    let opset = Message::default().number(2, 11);
    Message::default().number(1, 7).bytes(8, &opset.0).bytes(7, &graph.0).0
}

fn node<const N: usize>(kind: &str, inputs: &[&str], output: &str, attributes: [Message; N]) -> Message {
    let inputs = inputs.iter().fold(Message::default(), |node, input| node.text(1, input));
    inputs.text(2, output).text(3, output).text(4, kind).all(5, attributes)
}

fn ints(name: &str, values: &[u64]) -> Message {
    values.iter().fold(Message::default().text(1, name), |attribute, &value| attribute.number(8, value)).number(20, 7)
}

fn floats(name: &str, sides: &[u64], values: &[f32]) -> Message {
    let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    sides
        .iter()
        .fold(Message::default(), |tensor, &side| tensor.number(1, side))
        .number(2, 1)
        .text(8, name)
        .bytes(9, &raw)
}

fn longs(name: &str, values: &[i64]) -> Message {
    let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Message::default().number(1, values.len() as u64).number(2, 7).text(8, name).bytes(9, &raw)
}

fn value(name: &str, sides: &[u64]) -> Message {
    let sides = sides.iter().map(|&side| Message::default().number(1, side));
    let shape = Message::default().all(1, sides);
    let tensor = Message::default().number(1, 1).bytes(2, &shape.0);
    Message::default().text(1, name).bytes(2, &Message::default().bytes(1, &tensor.0).0)
}
