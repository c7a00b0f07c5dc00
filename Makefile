# The commands that callers of the predecessor know; npm scripts do the work. Options go in ARGS: make event ARGS=-p
.PHONY: install event invoke test lint fixlint deploy doctoc
STAGE ?= $(USER)

install:
	npm ci

event:
	npm run camclips -- event $(or $(ARGS),-a)

invoke:
	npm run camclips -- invoke $(ARGS)

test:
	npm test

lint:
	npm run check

fixlint:
	npm run fix

deploy:
	npx sst deploy --stage $(STAGE)

doctoc:
	npm run toc
