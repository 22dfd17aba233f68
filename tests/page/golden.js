function makeProgram() {
  const x = new Float32Array(12); // float32[4, 3]
  const w = new Float32Array(6); // float32[3, 2]
  const b = new Float32Array(2); // float32[2]
  const v4 = Float32Array.of(1); // float32[]
  const v5 = Float32Array.of(1, 1, 1, 1, 1, 1); // float32[3, 2]
  const v6 = Float32Array.of(0.16666667, 0.16666667, 0.16666667, 0.16666667, 0.16666667, 0.16666667); // float32[3, 2]
  const v = new Float32Array(9); // float32[3, 3]
  const u = new Float32Array(6); // float32[3, 2]
  const z = new Float32Array(6); // float32[3, 2]
  const h = new Float32Array(6); // float32[3, 2]
  const mul = new Float32Array(6); // float32[3, 2]
  const v12 = new Float32Array(1); // float32[]
  const L = new Float32Array(1); // float32[]
  const dL_dh_by_mul = new Float32Array(6); // float32[3, 2]
  const dL_dh = new Float32Array(6); // float32[3, 2]
  const v16 = new Float32Array(6); // float32[3, 2]
  const v17 = new Float32Array(6); // float32[3, 2]
  const dL_dz = new Float32Array(6); // float32[3, 2]
  const dL_db = new Float32Array(2); // float32[2]
  const v20 = new Float32Array(9); // float32[3, 3]
  const dL_dw = new Float32Array(6); // float32[3, 2]
  const dtanh_dz = new Float32Array(6); // float32[3, 2]

  // Forward: from the inputs and the parameters to the loss.
  
  function step_v() {
    // v = slice(x, key=[1:4, 0:3]): float32[3, 3]
    for (let i = 0; i < 9; i++) v[i] = x[3 + i];
  }
  
  function step_u() {
    // u = matmul(v, w): float32[3, 2]
    matmul(v, w, u, 3, 3, 2);
  }
  
  function step_z() {
    // z = add(u, b): float32[3, 2]
    for (let i = 0; i < 3; i++) {
      const o = 2 * i;
      for (let j = 0; j < 2; j++) z[o + j] = u[o + j] + b[j];
    }
  }
  
  function step_h() {
    // h = tanh(z): float32[3, 2]
    for (let i = 0; i < 6; i++) h[i] = Math.tanh(z[i]);
  }
  
  function step_mul() {
    // mul = multiply(h, h): float32[3, 2]
    for (let i = 0; i < 6; i++) mul[i] = h[i] * h[i];
  }
  
  function step_v12() {
    // v12 = sum(mul, axis=None, keepdims=False): float32[]
    let total = 0;
    for (let i = 0; i < 6; i++) total += mul[i];
    v12[0] = total;
  }
  
  function step_L() {
    // L = divide(v12, 6.0): float32[]
    L[0] = v12[0] / 6;
  }
  
  // Backward: from the loss to each gradient.
  
  function step_dL_dh_by_mul() {
    // dL_dh_by_mul = multiply(v6, h): float32[3, 2]
    for (let i = 0; i < 6; i++) dL_dh_by_mul[i] = v6[i] * h[i];
  }
  
  function step_dL_dh() {
    // dL_dh = add(dL_dh_by_mul, dL_dh_by_mul): float32[3, 2]
    for (let i = 0; i < 6; i++) dL_dh[i] = dL_dh_by_mul[i] + dL_dh_by_mul[i];
  }
  
  function step_v16() {
    // v16 = multiply(dL_dh, h): float32[3, 2]
    for (let i = 0; i < 6; i++) v16[i] = dL_dh[i] * h[i];
  }
  
  function step_v17() {
    // v17 = multiply(v16, h): float32[3, 2]
    for (let i = 0; i < 6; i++) v17[i] = v16[i] * h[i];
  }
  
  // dL_dz is dL_du, too.
  
  function step_dL_dz() {
    // dL_dz = subtract(dL_dh, v17): float32[3, 2]
    for (let i = 0; i < 6; i++) dL_dz[i] = dL_dh[i] - v17[i];
  }
  
  function step_dL_db() {
    // dL_db = sum(dL_dz, axis=[0], keepdims=False): float32[2]
    for (let i = 0; i < 2; i++) {
      let total = 0;
      for (let j = 0; j < 3; j++) total += dL_dz[i + 2 * j];
      dL_db[i] = total;
    }
  }
  
  function step_v20() {
    // v20 = permute(v, axes=[1, 0]): float32[3, 3]
    for (let i = 0; i < 3; i++) {
      const o = 3 * i;
      for (let j = 0; j < 3; j++) v20[o + j] = v[i + 3 * j];
    }
  }
  
  function step_dL_dw() {
    // dL_dw = matmul(v20, dL_dz): float32[3, 2]
    matmul(v20, dL_dz, dL_dw, 3, 3, 2);
  }
  
  function step_dtanh_dz() {
    // dtanh_dz = subtract(v5, mul): float32[3, 2]
    for (let i = 0; i < 6; i++) dtanh_dz[i] = v5[i] - mul[i];
  }
  
  return runnable({
    inputs: [0, 1, 2],
    outputs: [0, 6, 1, 7, 2, 8, 9, 10, 12, 20, 17, 18, 14, 5, 3, 13, 13, 9, 9, 21, 4, 4],
    values: [
      { name: "x", dtype: "float32", shape: [4, 3], data: x },
      { name: "w", dtype: "float32", shape: [3, 2], data: w },
      { name: "b", dtype: "float32", shape: [2], data: b },
      { name: "v4", dtype: "float32", shape: [], data: v4 },
      { name: "v5", dtype: "float32", shape: [3, 2], data: v5 },
      { name: "v6", dtype: "float32", shape: [3, 2], data: v6 },
      { name: "v", dtype: "float32", shape: [3, 3], data: v },
      { name: "u", dtype: "float32", shape: [3, 2], data: u },
      { name: "z", dtype: "float32", shape: [3, 2], data: z },
      { name: "h", dtype: "float32", shape: [3, 2], data: h },
      { name: "mul", dtype: "float32", shape: [3, 2], data: mul },
      { name: "v12", dtype: "float32", shape: [], data: v12 },
      { name: "L", dtype: "float32", shape: [], data: L },
      { name: "dL_dh_by_mul", dtype: "float32", shape: [3, 2], data: dL_dh_by_mul },
      { name: "dL_dh", dtype: "float32", shape: [3, 2], data: dL_dh },
      { name: "v16", dtype: "float32", shape: [3, 2], data: v16 },
      { name: "v17", dtype: "float32", shape: [3, 2], data: v17 },
      { name: "dL_dz", dtype: "float32", shape: [3, 2], data: dL_dz },
      { name: "dL_db", dtype: "float32", shape: [2], data: dL_db },
      { name: "v20", dtype: "float32", shape: [3, 3], data: v20 },
      { name: "dL_dw", dtype: "float32", shape: [3, 2], data: dL_dw },
      { name: "dtanh_dz", dtype: "float32", shape: [3, 2], data: dtanh_dz },
    ],
    steps: [step_v, step_u, step_z, step_h, step_mul, step_v12, step_L, step_dL_dh_by_mul, step_dL_dh, step_v16, step_v17, step_dL_dz, step_dL_db, step_v20, step_dL_dw, step_dtanh_dz],
  });
}

function makeProgram() {
  const lr = new Float64Array(1); // float64[]
  const w = new Float32Array(6); // float32[3, 2]
  const w_grad = new Float32Array(6); // float32[3, 2]
  const w_momentum_buffer = new Float32Array(6); // float32[3, 2]
  const w_step = new Float64Array(1); // float64[]
  const b = new Float32Array(2); // float32[2]
  const b_grad = new Float32Array(2); // float32[2]
  const b_momentum_buffer = new Float32Array(2); // float32[2]
  const b_step = new Float64Array(1); // float64[]
  const v10 = new Float32Array(6); // float32[3, 2]
  const w_momentum_buffer_new = new Float32Array(6); // float32[3, 2]
  const v12 = new Float32Array(1); // float32[]
  const v13 = new Float32Array(6); // float32[3, 2]
  const w_new = new Float32Array(6); // float32[3, 2]
  const w_step_new = new Float64Array(1); // float64[]
  const v16 = new Float32Array(2); // float32[2]
  const b_momentum_buffer_new = new Float32Array(2); // float32[2]
  const v18 = new Float32Array(2); // float32[2]
  const b_new = new Float32Array(2); // float32[2]
  const b_step_new = new Float64Array(1); // float64[]

  // Update: from parameters and their gradients to what they become.
  
  function step_v10() {
    // v10 = multiply(w_momentum_buffer, 0.9): float32[3, 2]
    for (let i = 0; i < 6; i++) v10[i] = w_momentum_buffer[i] * Math.fround(0.9);
  }
  
  function step_w_momentum_buffer_new() {
    // w_momentum_buffer_new = add(v10, w_grad): float32[3, 2]
    for (let i = 0; i < 6; i++) w_momentum_buffer_new[i] = v10[i] + w_grad[i];
  }
  
  function step_v12() {
    // v12 = cast(lr, dtype='float32'): float32[]
    v12[0] = lr[0];
  }
  
  function step_v13() {
    // v13 = multiply(v12, w_momentum_buffer_new): float32[3, 2]
    for (let i = 0; i < 6; i++) v13[i] = v12[0] * w_momentum_buffer_new[i];
  }
  
  function step_w_new() {
    // w_new = subtract(w, v13): float32[3, 2]
    for (let i = 0; i < 6; i++) w_new[i] = w[i] - v13[i];
  }
  
  function step_w_step_new() {
    // w_step_new = add(w_step, 1): float64[]
    w_step_new[0] = w_step[0] + 1;
  }
  
  function step_v16() {
    // v16 = multiply(b_momentum_buffer, 0.9): float32[2]
    for (let i = 0; i < 2; i++) v16[i] = b_momentum_buffer[i] * Math.fround(0.9);
  }
  
  function step_b_momentum_buffer_new() {
    // b_momentum_buffer_new = add(v16, b_grad): float32[2]
    for (let i = 0; i < 2; i++) b_momentum_buffer_new[i] = v16[i] + b_grad[i];
  }
  
  function step_v18() {
    // v18 = multiply(v12, b_momentum_buffer_new): float32[2]
    for (let i = 0; i < 2; i++) v18[i] = v12[0] * b_momentum_buffer_new[i];
  }
  
  function step_b_new() {
    // b_new = subtract(b, v18): float32[2]
    for (let i = 0; i < 2; i++) b_new[i] = b[i] - v18[i];
  }
  
  function step_b_step_new() {
    // b_step_new = add(b_step, 1): float64[]
    b_step_new[0] = b_step[0] + 1;
  }
  
  return runnable({
    inputs: [0, 1, 2, 3, 4, 5, 6, 7, 8],
    outputs: [13, 10, 14, 18, 16, 19],
    values: [
      { name: "lr", dtype: "float64", shape: [], data: lr },
      { name: "w", dtype: "float32", shape: [3, 2], data: w },
      { name: "w.grad", dtype: "float32", shape: [3, 2], data: w_grad },
      { name: "w.momentum_buffer", dtype: "float32", shape: [3, 2], data: w_momentum_buffer },
      { name: "w.step", dtype: "float64", shape: [], data: w_step },
      { name: "b", dtype: "float32", shape: [2], data: b },
      { name: "b.grad", dtype: "float32", shape: [2], data: b_grad },
      { name: "b.momentum_buffer", dtype: "float32", shape: [2], data: b_momentum_buffer },
      { name: "b.step", dtype: "float64", shape: [], data: b_step },
      { name: "v10", dtype: "float32", shape: [3, 2], data: v10 },
      { name: "w_momentum_buffer_new", dtype: "float32", shape: [3, 2], data: w_momentum_buffer_new },
      { name: "v12", dtype: "float32", shape: [], data: v12 },
      { name: "v13", dtype: "float32", shape: [3, 2], data: v13 },
      { name: "w_new", dtype: "float32", shape: [3, 2], data: w_new },
      { name: "w_step_new", dtype: "float64", shape: [], data: w_step_new },
      { name: "v16", dtype: "float32", shape: [2], data: v16 },
      { name: "b_momentum_buffer_new", dtype: "float32", shape: [2], data: b_momentum_buffer_new },
      { name: "v18", dtype: "float32", shape: [2], data: v18 },
      { name: "b_new", dtype: "float32", shape: [2], data: b_new },
      { name: "b_step_new", dtype: "float64", shape: [], data: b_step_new },
    ],
    steps: [step_v10, step_w_momentum_buffer_new, step_v12, step_v13, step_w_new, step_w_step_new, step_v16, step_b_momentum_buffer_new, step_v18, step_b_new, step_b_step_new],
  });
}

