/** The Java part of the Elasticsearch destination: the client, the bulk request, and the meaning of its answer. */
@NullMarked
package com.bytefreezer.connector.destination.elasticsearch;

import org.jspecify.annotations.NullMarked;
