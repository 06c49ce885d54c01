package sender

// Split lets the tests cut plans.
func (p *Plan) Split(holds func(rows []Row) (bool, error)) error { return p.split(holds) }
