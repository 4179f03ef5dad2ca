# Short names for what Maven and the scripts do. MVN="mvn -o" works offline.
MVN ?= mvn -q

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

run: ## the page on http://localhost:8090/, over the bundled sample
	$(MVN) compile exec:java

check: ## compile, format, dependencies, routes' cases, fast unit tests: a minute
	@$(MAKE) --no-print-directory -j2 check-code check-tests

check-code:
	$(MVN) compile spotless:check

check-tests:
	$(MVN) test -Pcheck

test: ## everything that must hold before a change is merged: mvn verify
	$(MVN) verify

format: ## format the Java files
	$(MVN) spotless:apply

servers: ## install the servers that the tests use
	bash src/test/servers/install.sh

package: ## target/bytefreezer-connector.jar and target/lib
	$(MVN) package -DskipTests

image: ## the container image, with Docker
	docker build -t bytefreezer-connector .

image-test: ## build and use the image without Docker (root on Debian)
	bash src/test/image/test.sh

bench: ## measure; ARGS="many one" for some parts
	bench/run $(ARGS)

soak: ## the long tests alone, each for MINUTES (30)
	$(MVN) verify -Psoak -Dsoak.minutes=$(or $(MINUTES),30)

.PHONY: help run check check-code check-tests test format servers package image image-test bench soak
