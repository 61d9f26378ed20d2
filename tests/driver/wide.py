"""A model of 400 convolutions whose outputs are all kept for the way back: 3 TB."""
print("""model wide

data x: image(1, 140, 100) in [0, 1]

encoder E(x) -> vector(2) {""")
for _ in range(400):
    print("    conv 1, kernel 3, pad 1 ; tanh")
print("""    flatten
    linear 2
}

decoder P(vector(2)) -> gaussian(1) {
    linear 2
}

train {
    batch 150000
    epochs 1

    step E, P with adam(lr 1e-3) {
        minimize sum(square(P(E(x))))
    }
}""")
