# Short names for common commands: `just --list`. Everything here also works without just.

tools := justfile_directory() / "target/tools/bin"
export PATH := tools + ":" + env("PATH")
export HOLDFAST_TEST_PROGRAM := justfile_directory() / "target/debug/holdfast"

# Compile everything, tests included, without running it.
check:
    cargo check --workspace --all-targets

# Run tests by name, for example `just test backorder`; without PostgreSQL.
test *filter:
    cargo build -p holdfast
    HOLDFAST_TEST_POSTGRES=skip cargo nextest run --workspace {{filter}}

# The same with a PostgreSQL server that ends with the tests.
test-db *filter:
    cargo build -p holdfast
    tests/postgres with cargo nextest run --workspace {{filter}}

# Drive 10,000 orders to delivery in a temporary store, and show a summary.
demo *arguments:
    cargo run --release -p holdfast -- demo {{arguments}}

# Build the API documentation of the crates.
docs:
    tests/run --only documentation

# Measure Holdfast on this machine.
bench *arguments:
    cargo run --profile dist -p holdfast-bench -- {{arguments}}

# Check format, words, dependencies, links and lints.
lint:
    tests/run --only format --only words --only dependencies --only links --only lints

# Check the words of the repository, or list the hits in some files.
words *files:
    tests/words {{files}}

# Everything that CI runs. `just ci --quick` leaves the slow part out.
ci *arguments:
    tests/run {{arguments}}
