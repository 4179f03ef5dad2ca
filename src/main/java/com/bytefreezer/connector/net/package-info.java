/** HTTP and TLS to other hosts: addresses, certificates, headers, and answers that are complete and bounded. */
@NullMarked
package com.bytefreezer.connector.net;

import org.jspecify.annotations.NullMarked;
