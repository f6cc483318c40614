// sin(a + quarters pi/2): a is reduced to [-pi/4, pi/4] by three parts of pi/2 (Cody and Waite), then the polynomials of Cephes
// (sinf.c) give sine or cosine.
fn shiftedSine(a : f32, quarters : i32) -> f32 {
  let turns = round(a * 0.63661977236758);
  let r = ((a - turns * 1.5703125) - turns * 4.837512969970703125e-4) - turns * 7.54978995489188e-8;
  let z = r * r;
  let s = r + r * z * (-1.6666654611e-1 + z * (8.3321608736e-3 - z * 1.9515295891e-4));
  let c = 1.0 - 0.5 * z + z * z * (4.166664568298827e-2 + z * (-1.388731625493765e-3 + z * 2.443315711809948e-5));
  let quarter = (i32(turns) + quarters) & 3;
  let value = select(s, c, (quarter & 1) == 1);
  return select(value, -value, quarter >= 2);
}
