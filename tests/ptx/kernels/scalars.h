/* What C computes of two words of 64 bits, read as integers and floats of all widths: compiled for the host by the test
   and for the PTX machine by LLVM, see scalars.c. It is C, nothing in it is undefined, and no optimiser sees through
   it. A float that is not a number counts as one value. */
typedef unsigned long long Word;
typedef long long Signed;

static inline unsigned bitsOfFloat(float f) {
  unsigned bits;
  __builtin_memcpy(&bits, &f, 4);
  return f != f ? 0x7fc00000u : bits;
}
static inline Word bitsOfDouble(double d) {
  Word bits;
  __builtin_memcpy(&bits, &d, 8);
  return d != d ? 0x7ff8000000000000ull : bits;
}
static inline float floatOf(unsigned bits) {
  float f;
  __builtin_memcpy(&f, &bits, 4);
  return f;
}
static inline double doubleOf(Word bits) {
  double d;
  __builtin_memcpy(&d, &bits, 8);
  return d;
}

#define F(value) (*out++ = bitsOfFloat(value))
#define D(value) (*out++ = bitsOfDouble(value))
#define I(value) (*out++ = (Word)(value))

static inline Word *ofIntegers(Word x, Word y, Word *out) {
  unsigned a = (unsigned)x, b = (unsigned)y, s = b & 31, l = y & 63;
  int sa = (int)a, sb = (int)b;
  Signed sx = (Signed)x, sy = (Signed)y;
  I(a + b), I(a - b), I(a * b), I(b ? a / b : 0), I(b ? a % b : 0), I(x * y), I(y ? x / y : 0), I(y ? x % y : 0);
  I(sb != 0 && sb != -1 ? sa / sb : 0), I(sb != 0 && sb != -1 ? sa % sb : 0), I(sy != 0 && sy != -1 ? sx / sy : 0);
  I(a << s), I(a >> s), I(sa >> s), I(x << l), I(x >> l), I(sx >> l), I(a << s | a >> ((32 - s) & 31));
  I((Word)a * b), I((Signed)sa * sb), I((Word)a * b >> 32), I((Signed)sa * sb >> 32);
  I((unsigned __int128)x * y >> 64), I((__int128)sx * sy >> 64);
  I(sa < sb ? sa : sb), I(a > b ? a : b), I(sx < sy), I(x >= y), I(sa == sb), I(sx != sy), I(sx < sy ? sx : sy);
  I(__builtin_popcount(a)), I(__builtin_popcountll(x)), I(a ? __builtin_clz(a) : 32), I(x ? __builtin_clzll(x) : 64);
  I(a ? __builtin_ctz(a) : 32), I(__builtin_bswap32(a)), I(a >> 5 & 0x7f), I((int)(a << 7) >> 20);
  I((a & ~0xff0u) | (b & 0xff) << 4), I(x >> 13 & 0x1fffff), I((a & b) ^ ~a), I((a | ~b) & (x >> 32));
  return out;
}

static inline Word *ofSmallIntegers(Word x, Word y, Word *out) {
  unsigned char a = (unsigned char)x, b = (unsigned char)y;
  signed char sa = (signed char)x, sb = (signed char)y;
  unsigned short h = (unsigned short)x, g = (unsigned short)y;
  short sh = (short)x, sg = (short)y;
  I((unsigned char)(a + b)), I((signed char)(sa * sb)), I(b ? a / b : 0), I(sb ? sa % sb : 0), I(sa >> 3), I(a > b);
  I((unsigned short)((unsigned)h * g)), I((short)(sh - sg)), I(sg ? sh / sg : 0), I(sh < sg ? h : g), I(sh >> (g & 15));
  I((Signed)sa), I((Signed)sh), I((short)(unsigned short)(x >> 16)), I(sa < sb), I((unsigned char)(x >> 24) * b);
  return out;
}

static inline Word *ofFloats(Word x, Word y, Word *out) {
  float f = floatOf((unsigned)x), g = floatOf((unsigned)y);
  double d = doubleOf(x), e = doubleOf(y);
  F(f + g), F(f - g), F(f * g), F(f / g), F(__builtin_fmaf(f, g, f)), F(__builtin_sqrtf(f)), F(-f),
      F(__builtin_fabsf(f));
  D(d + e), D(d - e), D(d * e), D(d / e), D(__builtin_fma(d, e, d)), D(__builtin_sqrt(d)), D(-d), D(__builtin_fabs(d));
  I(f < g), I(f <= g), I(f == g), I(f != g), I(!(f > g)), I(!(f <= g)), I(__builtin_isunordered(f, g)), I(!(f >= g));
  I(d < e), I(!(d >= e)), I(d == e), I(d != e), F(f < g ? f : g), F(f > g ? f : g), D(d < e ? d : e);
  F(__builtin_copysignf(f, g)), D(__builtin_copysign(d, e)), F(__builtin_fminf(f + 1, g + 2)),
      F(__builtin_fmaxf(f + 1, g + 2));
  F(__builtin_floorf(f)), F(__builtin_ceilf(f)), F(__builtin_truncf(f)), F(__builtin_rintf(f)), D(__builtin_floor(d));
  D(__builtin_ceil(d)), D(__builtin_trunc(d)), D(__builtin_rint(d));
  return out;
}

static inline Word *ofConversions(Word x, Word y, Word *out) {
  int s = (int)x;
  float f = (float)s * 0.37f;
  double d = s * 0.37;
  F((float)s), F((float)(unsigned)x), F((float)x), F((float)(Signed)x), F((float)(unsigned char)x), F((float)(short)x);
  D(s), D((unsigned)x), D((double)x), D((double)(Signed)x), D((double)(signed char)x);
  D((double)floatOf((unsigned)x)), F((float)doubleOf(y));
  I((int)f), I((Signed)f), I((int)d), I((Word)(d < 0 ? -d : d)), I((unsigned)(f < 0 ? -f : f));
  I((unsigned char)((float)(unsigned char)x * 0.9f)), I((short)((float)(signed char)x * 1.7f));
  return out;
}

static inline Word *ofControl(Word x, Word y, Word *out) {
  unsigned a = (unsigned)x, b = (unsigned)y, sum = 0;
  unsigned short local[9];
  for (unsigned i = 0; i < (a & 15); ++i)
    if (b >> i & 1)
      sum += i * a;
    else
      for (unsigned j = 0; j < i; ++j)
        sum ^= j * b;
  for (unsigned i = 0; i < 9; ++i)
    local[i] = (unsigned short)(a * i + b);
  I(sum), I(local[b % 9]), I(((int)a < (int)b) != (a < b)), I((a < b && x > y) || (a & 1) == (b & 1));
  return out;
}

enum { numScalars = 126 };
static inline void allScalars(Word x, Word y, Word *out) {
  ofControl(x, y, ofConversions(x, y, ofFloats(x, y, ofSmallIntegers(x, y, ofIntegers(x, y, out)))));
}
