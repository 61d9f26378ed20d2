// Every rule of the verifiers, broken once. tests/dialect/coverage.test looks that no message is missing here.
// RUN: gan-opt %s -split-input-file -verify-diagnostics

gan.graph evaluate {
  %x = gan.read "x" : tensor<4xf32>
  %w = gan.read "w" : tensor<3x3x1x2xf32>
  // expected-error @+1 {{needs tensors of four dimensions}}
  %y = gan.conv %x, %w stride [1, 1] pad [0, 0] : (tensor<4xf32>, tensor<3x3x1x2xf32>) -> tensor<1x2x2x2xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<1x4x4x1xf32>
  %w = gan.read "w" : tensor<3x3x1x2xf32>
  // expected-error @+1 {{needs two strides, two dilations and two pads, none of them negative}}
  %y = gan.conv %x, %w stride [1] pad [0, 0] : (tensor<1x4x4x1xf32>, tensor<3x3x1x2xf32>) -> tensor<1x2x2x2xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<1x4x4x1xf32>
  %w = gan.read "w" : tensor<3x3x1x2xf32>
  // expected-error @+1 {{groups must divide the channels}}
  %y = gan.conv %x, %w stride [1, 1] pad [0, 0] {groups = 3 : i64} : (tensor<1x4x4x1xf32>, tensor<3x3x1x2xf32>) -> tensor<1x2x2x2xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<1x4x4x5xf32>
  %w = gan.read "w" : tensor<3x3x1x2xf32>
  // expected-error @+1 {{batch or channels do not match}}
  %y = gan.conv %x, %w stride [1, 1] pad [0, 0] : (tensor<1x4x4x5xf32>, tensor<3x3x1x2xf32>) -> tensor<1x2x2x2xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<1x4x4x1xf32>
  %w = gan.read "w" : tensor<3x3x1x2xf32>
  // expected-error @+1 {{needs strides and dilations of at least 1}}
  %y = gan.conv %x, %w stride [0, 1] pad [0, 0] : (tensor<1x4x4x1xf32>, tensor<3x3x1x2xf32>) -> tensor<1x2x2x2xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<1x4x4x1xf32>
  %w = gan.read "w" : tensor<3x3x1x2xf32>
  // expected-error @+1 {{spatial sizes do not match}}
  %y = gan.conv %x, %w stride [1, 1] pad [0, 0] : (tensor<1x4x4x1xf32>, tensor<3x3x1x2xf32>) -> tensor<1x9x2x2xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4xf32>
  // expected-error @+1 {{operands and result must be matrices}}
  %y = gan.matmul %x, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4x4xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4x3xf32>
  // expected-error @+1 {{inner dimensions differ}}
  %y = gan.matmul %x, %x : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4x3xf32>
  // expected-error @+1 {{result must be 4x4}}
  %y = gan.matmul %x, %x {transpose_rhs} : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4x3xf32>
  // expected-error @+1 {{dimensions must be sorted and within the operand's rank}}
  %y = gan.reduce_sum %x over [1, 0] : (tensor<4x3xf32>) -> tensor<f32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4x3xf32>
  // expected-error @+1 {{result must be 'tensor<3xf32>'}}
  %y = gan.reduce_max %x over [0] : (tensor<4x3xf32>) -> tensor<4xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4xf32>
  // expected-error @+1 {{needs one result dimension for each of the operand's}}
  %y = gan.broadcast %x to [0, 1] : (tensor<4xf32>) -> tensor<4x3xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4xf32>
  // expected-error @+1 {{dimensions must be sorted and within the result's rank}}
  %y = gan.broadcast %x to [2] : (tensor<4xf32>) -> tensor<4x3xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4xf32>
  // expected-error @+1 {{dimension sizes differ}}
  %y = gan.broadcast %x to [1] : (tensor<4xf32>) -> tensor<4x3xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4xf32>
  // expected-error @+1 {{must keep elements and their type}}
  %y = gan.reshape %x : (tensor<4xf32>) -> tensor<5xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4x3xf32>
  // expected-error @+1 {{needs one number for each dimension}}
  %y = gan.transpose %x by [0] : (tensor<4x3xf32>) -> tensor<3x4xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4x3xf32>
  // expected-error @+1 {{needs a permutation of the dimensions}}
  %y = gan.transpose %x by [1, 1] : (tensor<4x3xf32>) -> tensor<3x3xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4x3xf32>
  // expected-error @+1 {{result must be 'tensor<3x4xf32>'}}
  %y = gan.transpose %x by [1, 0] : (tensor<4x3xf32>) -> tensor<4x3xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4x3xf32>
  // expected-error @+1 {{needs one rank and one offset for each dimension}}
  %y = gan.slice %x at [0] : (tensor<4x3xf32>) -> tensor<2x3xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4x3xf32>
  // expected-error @+1 {{window leaves the tensor}}
  %y = gan.slice %x at [3, 0] : (tensor<4x3xf32>) -> tensor<2x3xf32>
}
// -----
gan.graph evaluate {
  // expected-error @+1 {{needs at least one part}}
  %y = "gan.concat"() {dim = 0 : i64} : () -> tensor<2x3xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4x3xf32>
  // expected-error @+1 {{dimension is outside the rank}}
  %y = gan.concat %x along 2 : (tensor<4x3xf32>) -> tensor<4x3xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4xf32>
  // expected-error @+1 {{parts must have the result's rank}}
  %y = gan.concat %x along 0 : (tensor<4xf32>) -> tensor<4x3xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4x2xf32>
  // expected-error @+1 {{parts differ beside the dimension}}
  %y = gan.concat %x along 0 : (tensor<4x2xf32>) -> tensor<4x3xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4x3xf32>
  // expected-error @+1 {{parts add up to 4, not 9}}
  %y = gan.concat %x along 0 : (tensor<4x3xf32>) -> tensor<9x3xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4x3xf32>
  // expected-error @+1 {{index 4 is outside}}
  %y = gan.take %x along 0 at [4] : (tensor<4x3xf32>) -> tensor<1x3xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4x3xf32>
  // expected-error @+1 {{result must be 'tensor<2x3xf32>'}}
  %y = gan.take %x along 0 at [1, 0] : (tensor<4x3xf32>) -> tensor<1x3xf32>
}
// -----
gan.graph evaluate {
  // expected-error @+1 {{has 2 numbers}}
  %y = gan.table [1.0, 2.0] : tensor<3xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4xf32>
  // expected-error @+1 {{operand must be the result without the new dimensions}}
  %y = gan.one_hot %x along [1] : (tensor<4xf32>) -> tensor<5x3xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4xf32>
  // expected-error @+1 {{must keep the shape}}
  %y = gan.cast %x : (tensor<4xf32>) -> tensor<5xf64>
}
// -----
gan.graph evaluate {
  %k = gan.rng "z", 0 step -1 : tensor<8xui32>
  // expected-error @+1 {{a mask is of bytes and needs `keep`}}
  %y = gan.draw mask "m" from %k : (tensor<8xui32>) -> tensor<4xui8>
}
// -----
gan.graph evaluate {
  %k = gan.rng "z", 0 step -1 : tensor<8xui32>
  // expected-error @+1 {{draws f32}}
  %y = gan.draw normal "z" from %k : (tensor<8xui32>) -> tensor<4xui8>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4xf32>
  // expected-error @+1 {{field leaves the packed state}}
  %y = gan.unpack %x at 2 : (tensor<4xf32>) -> tensor<3xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4xf32>
  // expected-error @+1 {{result must be a vector of 8 elements}}
  %y = gan.pack %x, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<9xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4xf32>
  // expected-error @+1 {{needs one result for each of `wrt`}}
  %y:2 = gan.gradient %x wrt %x : (tensor<4xf32>, tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4xf32>
  // expected-error @+1 {{a gradient has its variable's type}}
  %y = gan.gradient %x wrt %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<3xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4xf32>
  // expected-error @+1 {{block arguments must have the operands' types}}
  %y = "gan.kernel"(%x) <{label = "k"}> ({
  ^bb0(%a: tensor<3xf32>):
    %b = gan.relu %a : tensor<3xf32>
    gan.yield %b : tensor<3xf32>
  }) : (tensor<4xf32>) -> tensor<3xf32>
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4xf32>
  // expected-error @+1 {{must yield values of the results' types}}
  %y = gan.kernel "k" (%a = %x : tensor<4xf32>) -> tensor<3xf32> {
    %b = gan.relu %a : tensor<4xf32>
    gan.yield %b : tensor<4xf32>
  }
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4xf32>
  // expected-error @+1 {{results must have the types of the states before the step}}
  %y = gan.step "s" (%a = %x : tensor<4xf32>) -> tensor<3xf32> {
    %b = gan.constant 1.0 : tensor<3xf32>
    gan.yield %b : tensor<3xf32>
  } attributes {index = 0 : i64, every = 1 : i64, times = 1 : i64, blocks = array<i64>}
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4xf32>
  // expected-error @+1 {{`every` and `times` are at least 1}}
  %y = gan.step "s" (%a = %x : tensor<4xf32>) -> tensor<4xf32> {
    gan.yield %a : tensor<4xf32>
  } attributes {index = 0 : i64, every = 0 : i64, times = 1 : i64, blocks = array<i64>}
}
// -----
gan.graph evaluate {
  // expected-error @+1 {{has one block and at least one result}}
  gan.kernel "k" () {
    gan.yield
  }
}
// -----
gan.graph evaluate {
  %x = gan.read "x" : tensor<4xf32>
  // expected-error @+1 {{cannot hold gan.read}}
  %y = gan.kernel "k" (%a = %x : tensor<4xf32>) -> tensor<4xf32> {
    %b = gan.read "x" : tensor<4xf32>
    gan.yield %b : tensor<4xf32>
  }
}
