/** What the route of the Elasticsearch destination cannot say: the client, the bulk request, and what its answer means. */
@NullMarked
package com.bytefreezer.connector.destination.elasticsearch;

import org.jspecify.annotations.NullMarked;
