// The room PrefixTrie.
